// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.promql;

import io.flotilla.telemetry.metric.Labels;
import io.flotilla.telemetry.metric.SeriesSource;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Answers PromQL over a source of series, under bounds on what one query may cost. */
public final class QueryEngine {
  /** As Prometheus: a graph with more points than that shows nothing more. */
  private static final int MOST_STEPS = 11_000;

  private final SeriesSource source;

  public QueryEngine(SeriesSource source) {
    this.source = source;
  }

  /** One series over time. */
  public record Line(Labels labels, List<Point> points) {}

  /** A value at a time, in milliseconds since 1970. */
  public record Point(long timeMillis, double value) {}

  /**
   * The value at one moment.
   *
   * @throws PromQlException if the query is wrong, not supported or too large
   */
  public Value instant(String query, long timeMillis) throws PromQlException {
    Expression expression = PromQlParser.parse(query);
    if (expression.type() == Expression.Type.MATRIX) {
      throw PromQlException.unsupported("a bare range vector as the whole query");
    }
    return new Evaluation(source, expression, timeMillis, timeMillis).at(timeMillis);
  }

  /**
   * The values at each step from start to end, inclusive; series in the order of their labels.
   *
   * @throws PromQlException if the query is wrong, not supported or too large
   */
  public List<Line> range(String query, long startMillis, long endMillis, long stepMillis)
      throws PromQlException {
    if (stepMillis <= 0) {
      throw PromQlException.badData(
          "zero or negative query resolution step widths are not accepted. Try a positive integer");
    }
    if (endMillis < startMillis) {
      throw PromQlException.badData("end timestamp must not be before start time");
    }
    if ((endMillis - startMillis) / stepMillis > MOST_STEPS) {
      throw PromQlException.badData(
          "exceeded maximum resolution of 11,000 points per timeseries. Try decreasing the query"
              + " resolution (?step=XX)");
    }
    Expression expression = PromQlParser.parse(query);
    if (expression.type() != Expression.Type.SCALAR
        && expression.type() != Expression.Type.VECTOR) {
      throw PromQlException.badData(
          "invalid expression type for range query, must be Scalar or instant Vector");
    }
    Evaluation evaluation = new Evaluation(source, expression, startMillis, endMillis);
    Map<Labels, List<Point>> lines = new TreeMap<>();
    for (long time = startMillis; time <= endMillis; time += stepMillis) {
      switch (evaluation.at(time)) {
        case Value.Scalar(double value) ->
            lines.computeIfAbsent(Labels.NONE, l -> new ArrayList<>()).add(new Point(time, value));
        case Value.Vector(List<Value.Sample> samples) -> {
          for (Value.Sample sample : samples) {
            lines
                .computeIfAbsent(sample.labels(), l -> new ArrayList<>())
                .add(new Point(time, sample.value()));
          }
        }
        case Value.Text text -> throw PromQlException.badData("a string has no range");
      }
    }
    List<Line> result = new ArrayList<>(lines.size());
    lines.forEach((labels, points) -> result.add(new Line(labels, points)));
    return result;
  }
}
