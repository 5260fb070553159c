// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.traceql;

import io.flotilla.telemetry.api.Span;
import io.flotilla.telemetry.store.Trace;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * The series of a query that ends in a function over time. Traces enter one by one; a span counts
 * in the step in which it starts. Quantiles are those of buckets that double, as Tempo's. Bounded
 * by series; what is beyond is left out and counted. Used by one thread at a time.
 */
public final class TraceQlSeries {
  private static final int SERIES = 1_000;
  private static final int STEPS = 11_000;
  private static final int BUCKETS = 64;

  private final TraceQl query;
  private final Stage.Metrics metrics;
  private final long start;
  private final long step;
  private final int steps;
  private final Map<Map<String, Value>, Cells> byLabels = new LinkedHashMap<>();
  private long leftOut;

  /** One series: labels, and a value for each step; NaN where there is none. */
  public record Series(Map<String, Value> labels, double[] values) {}

  private static final class Cells {
    final double[] count;
    final double[] sum;
    final double[] min;
    final double[] max;
    final long[][] buckets;

    Cells(int steps) {
      count = new double[steps];
      sum = new double[steps];
      min = new double[steps];
      max = new double[steps];
      buckets = new long[steps][];
      Arrays.fill(min, Double.POSITIVE_INFINITY);
      Arrays.fill(max, Double.NEGATIVE_INFINITY);
    }
  }

  /**
   * Series over a time.
   *
   * @throws TraceQlException if the query gives none, or the steps are too many
   */
  public TraceQlSeries(TraceQl query, long startEpochNanos, long endEpochNanos, long stepNanos)
      throws TraceQlException {
    this.query = query;
    this.metrics =
        query
            .metrics()
            .orElseThrow(
                () -> new TraceQlException("the query has no function over time, such as rate()"));
    if (metrics.function().equals("compare")) {
      throw new TraceQlException("compare() is read but not computed");
    }
    if (stepNanos <= 0 || endEpochNanos <= startEpochNanos) {
      throw new TraceQlException("the end must be after the start, and the step positive");
    }
    long number = (endEpochNanos - startEpochNanos + stepNanos - 1) / stepNanos;
    if (number > STEPS) {
      throw new TraceQlException("more than " + STEPS + " steps; make them longer");
    }
    this.start = startEpochNanos;
    this.step = stepNanos;
    this.steps = (int) number;
  }

  /** Adds the spans of a trace that the query selects. */
  public void add(Trace trace) {
    TraceTree tree = new TraceTree(trace);
    Evaluation evaluation = new Evaluation(tree);
    for (Spanset set : query.select(tree)) {
      for (Span span : set.spans()) {
        long at = span.startEpochNanos() - start;
        if (at >= 0 && at / step < steps) {
          add(span, (int) (at / step), evaluation);
        }
      }
    }
  }

  private void add(Span span, int at, Evaluation evaluation) {
    double measured = 1;
    Expression of = metrics.of();
    if (of != null) {
      if (!(evaluation.of(of, span) instanceof Value.Number number)) {
        return;
      }
      measured = number.duration() ? number.number() / 1e9 : number.number();
    }
    Map<String, Value> labels = new LinkedHashMap<>();
    for (Field field : metrics.by()) {
      labels.put(field.text(), evaluation.of(field, span));
    }
    Cells cells = byLabels.get(labels);
    if (cells == null) {
      if (byLabels.size() == SERIES) {
        leftOut++;
        return;
      }
      cells = new Cells(steps);
      byLabels.put(labels, cells);
    }
    cells.count[at]++;
    cells.sum[at] += measured;
    cells.min[at] = Math.min(cells.min[at], measured);
    cells.max[at] = Math.max(cells.max[at], measured);
    if (metrics.function().equals("quantile_over_time")
        || metrics.function().equals("histogram_over_time")) {
      if (cells.buckets[at] == null) {
        cells.buckets[at] = new long[BUCKETS];
      }
      cells.buckets[at][bucket(measured)]++;
    }
  }

  /** Buckets double: the one of number n holds what is above 2^(n-41) up to 2^(n-40). */
  private static int bucket(double measured) {
    return measured <= 0
        ? 0
        : Math.clamp((int) Math.ceil(Math.log(measured) / Math.log(2)) + 40, 0, BUCKETS - 1);
  }

  private static double upper(int bucket) {
    return Math.pow(2, bucket - 40.0);
  }

  /** How many spans were left out since there were too many series. */
  public long leftOut() {
    return leftOut;
  }

  /** When a step begins, in milliseconds since 1970. */
  public long timeMillis(int number) {
    return (start + number * step) / 1_000_000;
  }

  /** All series, after what follows the function. */
  public List<Series> series() {
    List<Series> all = new ArrayList<>();
    byLabels.forEach((labels, cells) -> all.addAll(of(labels, cells)));
    List<Series> series = all;
    for (Stage stage : query.stages()) {
      switch (stage) {
        case Stage.Rank rank -> series = ranked(series, rank);
        case Stage.SampleFilter filter -> series = filtered(series, filter);
        default -> {
          // Done with the spans.
        }
      }
    }
    return series;
  }

  private List<Series> of(Map<String, Value> labels, Cells cells) {
    return switch (metrics.function()) {
      case "rate" -> one(labels, cells, i -> cells.count[i] / (step / 1e9), 0);
      case "count_over_time" -> one(labels, cells, i -> cells.count[i], 0);
      case "sum_over_time" -> one(labels, cells, i -> cells.sum[i], Double.NaN);
      case "avg_over_time" -> one(labels, cells, i -> cells.sum[i] / cells.count[i], Double.NaN);
      case "min_over_time" -> one(labels, cells, i -> cells.min[i], Double.NaN);
      case "max_over_time" -> one(labels, cells, i -> cells.max[i], Double.NaN);
      case "quantile_over_time" -> {
        List<Series> quantiles = new ArrayList<>();
        for (double q : metrics.arguments()) {
          Map<String, Value> own = new LinkedHashMap<>(labels);
          own.put("p", new Value.Number(q, false, false));
          quantiles.addAll(one(own, cells, i -> quantile(cells.buckets[i], q), Double.NaN));
        }
        yield quantiles;
      }
      default -> histogram(labels, cells);
    };
  }

  private interface Cell {
    double at(int step);
  }

  private List<Series> one(
      Map<String, Value> labels, Cells cells, Cell cell, double whereThereIsNone) {
    double[] values = new double[steps];
    for (int i = 0; i < steps; i++) {
      values[i] = cells.count[i] == 0 ? whereThereIsNone : cell.at(i);
    }
    return List.of(new Series(labels, values));
  }

  private static double quantile(long[] buckets, double q) {
    long total = Arrays.stream(buckets).sum();
    double rank = q * total;
    long below = 0;
    for (int i = 0; i < buckets.length; i++) {
      if (buckets[i] > 0 && below + buckets[i] >= rank) {
        double within = Math.max(0, rank - below) / buckets[i];
        return i == 0 ? upper(0) : upper(i - 1) * Math.pow(2, within);
      }
      below += buckets[i];
    }
    return Double.NaN;
  }

  private List<Series> histogram(Map<String, Value> labels, Cells cells) {
    Map<Integer, double[]> byBucket = new TreeMap<>();
    for (int i = 0; i < steps; i++) {
      if (cells.buckets[i] != null) {
        for (int bucket = 0; bucket < BUCKETS; bucket++) {
          if (cells.buckets[i][bucket] > 0) {
            byBucket.computeIfAbsent(bucket, b -> new double[steps])[i] = cells.buckets[i][bucket];
          }
        }
      }
    }
    List<Series> all = new ArrayList<>();
    byBucket.forEach(
        (bucket, values) -> {
          Map<String, Value> own = new LinkedHashMap<>(labels);
          own.put("__bucket", new Value.Number(upper(bucket), false, false));
          all.add(new Series(own, values));
        });
    return all;
  }

  /** At each step the highest or lowest so many keep their value. */
  private List<Series> ranked(List<Series> series, Stage.Rank rank) {
    List<Series> ranked = new ArrayList<>();
    series.forEach(s -> ranked.add(new Series(s.labels, new double[steps])));
    ranked.forEach(s -> Arrays.fill(s.values, Double.NaN));
    for (int i = 0; i < steps; i++) {
      int at = i;
      List<Integer> order = new ArrayList<>();
      for (int s = 0; s < series.size(); s++) {
        if (!Double.isNaN(series.get(s).values[i])) {
          order.add(s);
        }
      }
      Comparator<Integer> ascending = Comparator.comparingDouble(s -> series.get(s).values[at]);
      order.sort(rank.top() ? ascending.reversed() : ascending);
      for (int s : order.subList(0, Math.min(rank.limit(), order.size()))) {
        ranked.get(s).values[i] = series.get(s).values[i];
      }
    }
    return withSamples(ranked);
  }

  private List<Series> filtered(List<Series> series, Stage.SampleFilter filter) {
    List<Series> filtered = new ArrayList<>();
    for (Series each : series) {
      double[] values = each.values.clone();
      for (int i = 0; i < steps; i++) {
        if (!Evaluation.compare(filter.operator(), values[i], filter.bound())) {
          values[i] = Double.NaN;
        }
      }
      filtered.add(new Series(each.labels, values));
    }
    return withSamples(filtered);
  }

  private static List<Series> withSamples(List<Series> series) {
    return series.stream()
        .filter(s -> Arrays.stream(s.values).anyMatch(v -> !Double.isNaN(v)))
        .toList();
  }
}
