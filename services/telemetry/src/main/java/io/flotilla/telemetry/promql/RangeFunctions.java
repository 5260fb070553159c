// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.promql;

import io.flotilla.telemetry.promql.Expression.Function;

/** Functions of the samples in a range (prometheus promql/functions.go). */
final class RangeFunctions {
  private RangeFunctions() {}

  /**
   * The function's value; NaN with {@code count} zero never asked.
   *
   * @param times and values: {@code count} samples from {@code from} on, no marks among them
   * @return null where the function has no value for so few samples
   */
  static @org.jspecify.annotations.Nullable Double apply(
      Function function,
      long[] times,
      double[] values,
      int from,
      int count,
      long rangeStart,
      long rangeEnd) {
    int last = from + count - 1;
    return switch (function) {
      case RATE, INCREASE, DELTA ->
          count < 2
              ? null
              : (Double) extrapolated(function, times, values, from, count, rangeStart, rangeEnd);
      case IRATE -> count < 2 ? null : (Double) instant(times, values, last);
      case SUM_OVER_TIME -> sum(values, from, count);
      case AVG_OVER_TIME -> sum(values, from, count) / count;
      case MIN_OVER_TIME -> extreme(values, from, count, -1);
      case MAX_OVER_TIME -> extreme(values, from, count, 1);
      case COUNT_OVER_TIME -> (double) count;
      case LAST_OVER_TIME -> values[last];
      default -> throw new IllegalArgumentException(function + " is no function of a range");
    };
  }

  /**
   * The growth over the range. The samples rarely lie on its ends, so that it is extrapolated, by
   * half an interval at most where the series seems to begin or end inside, and never below zero.
   */
  private static double extrapolated(
      Function function,
      long[] times,
      double[] values,
      int from,
      int count,
      long rangeStart,
      long rangeEnd) {
    boolean counter = function != Function.DELTA;
    int last = from + count - 1;
    double result = values[last] - values[from];
    if (counter) {
      for (int i = from + 1; i <= last; i++) {
        if (values[i] < values[i - 1]) {
          result += values[i - 1];
        }
      }
    }
    double toStart = (times[from] - rangeStart) / 1000.0;
    double toEnd = (rangeEnd - times[last]) / 1000.0;
    double sampled = (times[last] - times[from]) / 1000.0;
    double average = sampled / (count - 1);
    if (counter && result > 0 && values[from] >= 0) {
      toStart = Math.min(toStart, sampled * (values[from] / result));
    }
    double threshold = average * 1.1;
    double interval = sampled;
    interval += toStart < threshold ? toStart : average / 2;
    interval += toEnd < threshold ? toEnd : average / 2;
    result *= interval / sampled;
    return function == Function.RATE ? result / ((rangeEnd - rangeStart) / 1000.0) : result;
  }

  private static double instant(long[] times, double[] values, int last) {
    double growth =
        values[last] < values[last - 1] ? values[last] : values[last] - values[last - 1];
    return growth / ((times[last] - times[last - 1]) / 1000.0);
  }

  private static double sum(double[] values, int from, int count) {
    double sum = 0;
    for (int i = from; i < from + count; i++) {
      sum += values[i];
    }
    return sum;
  }

  private static double extreme(double[] values, int from, int count, int sign) {
    double best = values[from];
    for (int i = from + 1; i < from + count; i++) {
      if (Double.isNaN(best) || sign * values[i] > sign * best) {
        best = values[i];
      }
    }
    return best;
  }
}
