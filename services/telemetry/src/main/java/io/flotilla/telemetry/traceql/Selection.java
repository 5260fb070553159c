// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.traceql;

import io.flotilla.telemetry.api.Span;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.Set;

/** Runs the stages of a query over one trace. */
final class Selection {
  private final TraceTree tree;
  private final Evaluation evaluation;

  Selection(TraceTree tree) {
    this.tree = tree;
    this.evaluation = new Evaluation(tree);
  }

  List<Spanset> run(List<Stage> stages) {
    return run(stages, List.of(new Spanset(tree.trace().spans(), Map.of())));
  }

  private List<Spanset> run(List<Stage> stages, List<Spanset> of) {
    List<Spanset> sets = of;
    for (Stage stage : stages) {
      if (sets.isEmpty()) {
        return sets;
      }
      sets = run(stage, sets);
    }
    return sets;
  }

  private List<Spanset> run(Stage stage, List<Spanset> sets) {
    return switch (stage) {
      case Stage.Filter f -> sets.stream().flatMap(set -> filter(f, set).stream()).toList();
      case Stage.Relation r -> sets.stream().flatMap(set -> related(r, set).stream()).toList();
      case Stage.Nested n -> run(n.stages(), sets);
      case Stage.GroupBy g -> sets.stream().flatMap(set -> groups(g, set).stream()).toList();
      case Stage.Coalesce c -> List.of(new Spanset(union(sets), Map.of()));
      case Stage.ScalarFilter f -> sets.stream().flatMap(set -> scalar(f, set).stream()).toList();
      case Stage.Select s -> sets;
      case Stage.Metrics m -> sets;
      case Stage.Rank r -> sets;
      case Stage.SampleFilter f -> sets;
    };
  }

  private List<Spanset> filter(Stage.Filter filter, Spanset set) {
    List<Span> spans =
        set.spans().stream().filter(span -> evaluation.holds(filter.condition(), span)).toList();
    return spans.isEmpty() ? List.of() : List.of(new Spanset(spans, set.computed()));
  }

  private List<Spanset> groups(Stage.GroupBy by, Spanset set) {
    Map<Value, List<Span>> groups = new LinkedHashMap<>();
    for (Span span : set.spans()) {
      groups.computeIfAbsent(evaluation.of(by.by(), span), v -> new ArrayList<>()).add(span);
    }
    List<Spanset> sets = new ArrayList<>();
    String name = by.by() instanceof Expression.Reference r ? "by(" + r.field().text() + ")" : "by";
    groups.forEach(
        (value, spans) -> sets.add(new Spanset(spans, set.computed()).with(name, value)));
    return sets;
  }

  private List<Spanset> scalar(Stage.ScalarFilter filter, Spanset set) {
    OptionalDouble left = scalar(filter.left(), set.spans());
    OptionalDouble right = scalar(filter.right(), set.spans());
    if (left.isEmpty()
        || right.isEmpty()
        || !Evaluation.compare(filter.operator(), left.getAsDouble(), right.getAsDouble())) {
      return List.of();
    }
    return filter.left() instanceof Stage.Scalar.Aggregate aggregate
        ? List.of(set.with(name(aggregate), number(aggregate, left.getAsDouble())))
        : List.of(set);
  }

  private static String name(Stage.Scalar.Aggregate aggregate) {
    return aggregate.of() instanceof Expression.Reference r
        ? aggregate.function() + "(" + r.field().text() + ")"
        : aggregate.function() + "()";
  }

  private static Value number(Stage.Scalar.Aggregate aggregate, double value) {
    boolean duration =
        aggregate.of() instanceof Expression.Reference r
            && (r.field().intrinsic() == Field.Intrinsic.DURATION
                || r.field().intrinsic() == Field.Intrinsic.TRACE_DURATION);
    return new Value.Number(value, value == Math.rint(value), duration);
  }

  private OptionalDouble scalar(Stage.Scalar scalar, List<Span> spans) {
    return switch (scalar) {
      case Stage.Scalar.Constant c -> OptionalDouble.of(c.value().number());
      case Stage.Scalar.Arithmetic a -> {
        OptionalDouble left = scalar(a.left(), spans);
        OptionalDouble right = scalar(a.right(), spans);
        yield left.isEmpty() || right.isEmpty()
            ? OptionalDouble.empty()
            : OptionalDouble.of(
                Evaluation.arithmetic(a.operator(), left.getAsDouble(), right.getAsDouble()));
      }
      case Stage.Scalar.Aggregate a -> aggregate(a, spans);
    };
  }

  private OptionalDouble aggregate(Stage.Scalar.Aggregate aggregate, List<Span> spans) {
    Expression of = aggregate.of();
    if (of == null) {
      return OptionalDouble.of(spans.size());
    }
    var numbers =
        spans.stream()
            .map(span -> evaluation.of(of, span))
            .filter(Value.Number.class::isInstance)
            .mapToDouble(value -> ((Value.Number) value).number())
            .summaryStatistics();
    if (numbers.getCount() == 0) {
      return OptionalDouble.empty();
    }
    return OptionalDouble.of(
        switch (aggregate.function()) {
          case "min" -> numbers.getMin();
          case "max" -> numbers.getMax();
          case "avg" -> numbers.getAverage();
          default -> numbers.getSum();
        });
  }

  private List<Spanset> related(Stage.Relation relation, Spanset set) {
    Set<Span> left = identities(union(run(relation.left(), List.of(set))));
    Set<Span> right = identities(union(run(relation.right(), List.of(set))));
    Set<Span> found =
        switch (relation.operator()) {
          case "&&" -> left.isEmpty() || right.isEmpty() ? Set.of() : both(left, right);
          case "||" -> both(left, right);
          default -> related(relation.operator(), left, right);
        };
    List<Span> spans = set.spans().stream().filter(found::contains).toList();
    return spans.isEmpty() ? List.of() : List.of(new Spanset(spans, Map.of()));
  }

  /** The spans of the right side that stand in the relation to one of the left. */
  private Set<Span> related(String operator, Set<Span> left, Set<Span> right) {
    boolean not = operator.startsWith("!");
    boolean also = operator.startsWith("&");
    String relation = not || also ? operator.substring(1) : operator;
    Set<Span> reached = reached(relation, left);
    Set<Span> found = identities(List.of());
    for (Span span : right) {
      if (reached.contains(span) != not) {
        found.add(span);
      }
    }
    if (also) {
      String back =
          switch (relation) {
            case ">" -> "<";
            case "<" -> ">";
            case ">>" -> "<<";
            case "<<" -> ">>";
            default -> "~";
          };
      Set<Span> reachedBack = reached(back, found);
      for (Span span : left) {
        if (reachedBack.contains(span)) {
          found.add(span);
        }
      }
    }
    return found;
  }

  /** The children, parents, descendants, ancestors or siblings of spans. */
  private Set<Span> reached(String relation, Set<Span> from) {
    Set<Span> reached = identities(List.of());
    switch (relation) {
      case ">" -> from.forEach(span -> reached.addAll(tree.children(span)));
      case "<" ->
          from.forEach(
              span -> {
                Span parent = tree.parent(span);
                if (parent != null) {
                  reached.add(parent);
                }
              });
      case ">>" -> {
        ArrayDeque<Span> open = new ArrayDeque<>(from);
        while (!open.isEmpty()) {
          for (Span child : tree.children(open.poll())) {
            if (reached.add(child)) {
              open.add(child);
            }
          }
        }
      }
      case "<<" -> {
        for (Span span : from) {
          Span parent = tree.parent(span);
          while (parent != null && reached.add(parent)) {
            parent = tree.parent(parent);
          }
        }
      }
      default -> siblings(from, reached);
    }
    return reached;
  }

  private void siblings(Set<Span> from, Set<Span> reached) {
    Map<Long, List<Span>> byParent = new LinkedHashMap<>();
    for (Span span : from) {
      if (span.parentSpanId() != 0) {
        byParent.computeIfAbsent(span.parentSpanId(), p -> new ArrayList<>(1)).add(span);
      }
    }
    for (Span span : tree.trace().spans()) {
      List<Span> beside = byParent.getOrDefault(span.parentSpanId(), List.of());
      if (beside.size() > 1 || (beside.size() == 1 && beside.getFirst() != span)) {
        reached.add(span);
      }
    }
  }

  private static Set<Span> both(Set<Span> left, Set<Span> right) {
    Set<Span> both = identities(left);
    both.addAll(right);
    return both;
  }

  private static Set<Span> identities(Collection<Span> spans) {
    Set<Span> set = Collections.newSetFromMap(new IdentityHashMap<>());
    set.addAll(spans);
    return set;
  }

  private List<Span> union(List<Spanset> sets) {
    Set<Span> all = identities(List.of());
    sets.forEach(set -> all.addAll(set.spans()));
    return tree.trace().spans().stream().filter(all::contains).toList();
  }
}
