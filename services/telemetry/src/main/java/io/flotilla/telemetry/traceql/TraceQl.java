// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.traceql;

import io.flotilla.telemetry.api.Span;
import io.flotilla.telemetry.store.Trace;
import io.flotilla.telemetry.store.TraceQuery;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** A query that was read and checked. Immutable; safe for use by several threads. */
public final class TraceQl {
  private final List<Stage> stages;

  private TraceQl(List<Stage> stages) {
    this.stages = List.copyOf(stages);
  }

  /**
   * Reads a query.
   *
   * @throws TraceQlException if it is none, or compares what cannot be compared
   */
  public static TraceQl parse(String text) throws TraceQlException {
    return new TraceQl(Parser.parse(text));
  }

  /** Whether it ends in a function over time, so that it gives series and not traces. */
  public boolean isMetrics() {
    return metrics().isPresent();
  }

  Optional<Stage.Metrics> metrics() {
    return stages.stream()
        .filter(Stage.Metrics.class::isInstance)
        .map(Stage.Metrics.class::cast)
        .findFirst();
  }

  List<Stage> stages() {
    return stages;
  }

  /** The spansets that the query selects of the trace; none where it does not fit. */
  public List<Spanset> select(Trace trace) {
    return select(new TraceTree(trace));
  }

  List<Spanset> select(TraceTree tree) {
    return new Selection(tree).run(stages);
  }

  /** The values of all fields that the query names, for one span. */
  public List<Value> values(Trace trace, Span span) {
    Evaluation evaluation = new Evaluation(new TraceTree(trace));
    List<Field> fields = new ArrayList<>();
    stages.forEach(stage -> fields(stage, fields));
    return fields.stream().map(field -> evaluation.of(field, span)).toList();
  }

  /** What a search shows of a span beside its times: the fields that the query names. */
  public Map<String, Value> shown(Trace trace, Span span) {
    Evaluation evaluation = new Evaluation(new TraceTree(trace));
    Map<String, Value> shown = new LinkedHashMap<>();
    List<Field> fields = new ArrayList<>();
    stages.forEach(stage -> fields(stage, fields));
    for (Field field : fields) {
      Map.Entry<String, Value> entry = evaluation.shown(field, span);
      boolean own =
          switch (field.intrinsic()) {
            case DURATION, TRACE_DURATION, ROOT_NAME, ROOT_SERVICE, TRACE_ID, SPAN_ID -> true;
            default -> false;
          };
      if (!own && !(entry.getValue() instanceof Value.Nil)) {
        shown.put(entry.getKey(), entry.getValue());
      }
    }
    return shown;
  }

  private static void fields(Stage stage, List<Field> into) {
    switch (stage) {
      case Stage.Filter f -> fields(f.condition(), into);
      case Stage.Relation r -> {
        fields(r.left(), into);
        fields(r.right(), into);
      }
      case Stage.Nested n -> n.stages().forEach(inner -> fields(inner, into));
      case Stage.GroupBy g -> fields(g.by(), into);
      case Stage.Select s -> into.addAll(s.fields());
      default -> {
        // Nothing else names fields that are shown.
      }
    }
  }

  private static void fields(Expression expression, List<Field> into) {
    switch (expression) {
      case Expression.Reference r -> into.add(r.field());
      case Expression.Unary u -> fields(u.of(), into);
      case Expression.Binary b -> {
        fields(b.left(), into);
        fields(b.right(), into);
      }
      case Expression.Constant c -> {
        // Names none.
      }
    }
  }

  /**
   * What every trace that the query selects certainly has in one of its spans, for a store to look
   * for; the query itself then decides. A number is looked for as it is written.
   */
  public TraceQuery candidates(long startEpochNanos, long endEpochNanos, int limit) {
    Needed needed = new Needed();
    if (stages.getFirst() instanceof Stage.Spansets first) {
      needed.take(condition(first));
    }
    return new TraceQuery(
        needed.service,
        needed.operation,
        needed.tags,
        startEpochNanos,
        endEpochNanos,
        needed.min,
        needed.max,
        limit);
  }

  private static @Nullable Expression condition(Stage.Spansets of) {
    return switch (of) {
      case Stage.Filter f -> f.condition();
      case Stage.Relation r -> r.operator().equals("||") ? null : condition(r.right());
      case Stage.Nested n ->
          n.stages().getFirst() instanceof Stage.Spansets first ? condition(first) : null;
    };
  }

  private static final class Needed {
    @Nullable String service;
    @Nullable String operation;
    final Map<String, String> tags = new HashMap<>();
    long min;
    long max = Long.MAX_VALUE;

    void take(@Nullable Expression condition) {
      if (condition instanceof Expression.Binary b) {
        if (b.operator().equals("&&")) {
          take(b.left());
          take(b.right());
        } else if (b.left() instanceof Expression.Reference(Field field)
            && b.right() instanceof Expression.Constant(Value value)) {
          take(field, b.operator(), value);
        }
      }
    }

    private void take(Field field, String operator, Value value) {
      boolean equal = operator.equals("=");
      switch (field.intrinsic()) {
        case NAME -> {
          if (equal && value instanceof Value.Text(String text)) {
            operation = text;
          }
        }
        case STATUS -> {
          if (equal
              && value instanceof Value.StatusValue(Span.Status status)
              && status != Span.Status.UNSET) {
            tags.putIfAbsent("otel.status_code", status.name());
          }
        }
        case KIND -> {
          if (equal
              && value instanceof Value.KindValue(Span.Kind kind)
              && kind != Span.Kind.UNSPECIFIED) {
            tags.putIfAbsent("span.kind", kind.name().toLowerCase(Locale.ROOT));
          }
        }
        case DURATION -> {
          if (value instanceof Value.Number n) {
            duration(operator, (long) n.number());
          }
        }
        case NONE -> {
          if (equal) {
            attribute(field, value);
          }
        }
        default -> {
          // What no store looks for.
        }
      }
    }

    private void duration(String operator, long nanos) {
      if (operator.equals(">") || operator.equals(">=") || operator.equals("=")) {
        min = Math.max(min, nanos);
      }
      if (operator.equals("<") || operator.equals("<=") || operator.equals("=")) {
        max = Math.min(max, nanos);
      }
    }

    private void attribute(Field field, Value value) {
      boolean searchable =
          switch (field.scope()) {
            case ANY, SPAN, RESOURCE, EVENT -> true;
            default -> false;
          };
      if (field.name().equals("service.name")) {
        if (field.scope() == Field.Scope.RESOURCE && value instanceof Value.Text(String text)) {
          service = text;
        }
      } else if (searchable) {
        switch (value) {
          case Value.Text t -> tags.putIfAbsent(field.name(), t.text());
          case Value.Truth t -> tags.putIfAbsent(field.name(), Boolean.toString(t.truth()));
          default -> {
            // A number may be held whole or as a fraction, which read differently as text.
          }
        }
      }
    }
  }
}
