// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.traceql;

import java.util.List;
import org.jspecify.annotations.Nullable;

/** One step of a pipeline: spansets enter, and fewer or other ones leave. */
sealed interface Stage {

  /** Selects spans. */
  sealed interface Spansets extends Stage {}

  /** {@code { ... }}. */
  record Filter(Expression condition) implements Spansets {}

  /** Two selections and how their spans must be related. */
  record Relation(String operator, Spansets left, Spansets right) implements Spansets {}

  /** A pipeline in parentheses. */
  record Nested(List<Stage> stages) implements Spansets {
    public Nested {
      stages = List.copyOf(stages);
    }
  }

  /** {@code by(...)}: one spanset for each value. */
  record GroupBy(Expression by) implements Stage {}

  /** {@code coalesce()}: one spanset again. */
  record Coalesce() implements Stage {}

  /** {@code select(...)}: what else is shown of each span. */
  record Select(List<Field> fields) implements Stage {
    public Select {
      fields = List.copyOf(fields);
    }
  }

  /** {@code count() > 2}: keeps the spansets for which it holds. */
  record ScalarFilter(String operator, Scalar left, Scalar right) implements Stage {}

  /** What is computed of a whole spanset. */
  sealed interface Scalar {
    /** A number. */
    record Constant(Value.Number value) implements Scalar {}

    /** {@code count()}, {@code max(x)}, ...; null: of the spans themselves. */
    record Aggregate(String function, @Nullable Expression of) implements Scalar {}

    /** Arithmetic. */
    record Arithmetic(String operator, Scalar left, Scalar right) implements Scalar {}
  }

  /**
   * A function over time, which ends the search and begins series.
   *
   * @param of what is measured; null: the spans are counted
   * @param arguments quantiles
   * @param selection of compare(): the spans that are compared with the rest
   */
  record Metrics(
      String function,
      @Nullable Expression of,
      List<Double> arguments,
      @Nullable Filter selection,
      List<Field> by)
      implements Stage {
    public Metrics {
      arguments = List.copyOf(arguments);
      by = List.copyOf(by);
    }
  }

  /** {@code topk(n)}, {@code bottomk(n)}. */
  record Rank(boolean top, int limit) implements Stage {}

  /** Keeps the samples of series for which it holds. */
  record SampleFilter(String operator, double bound) implements Stage {}
}
