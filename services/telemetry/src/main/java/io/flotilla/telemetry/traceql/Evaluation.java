// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.traceql;

import io.flotilla.telemetry.api.Span;
import io.flotilla.telemetry.api.jaeger.JaegerJson;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** What an expression gives for the spans of one trace. */
final class Evaluation {
  private final TraceTree tree;

  Evaluation(TraceTree tree) {
    this.tree = tree;
  }

  boolean holds(Expression condition, Span span) {
    return of(condition, span) instanceof Value.Truth(boolean truth) && truth;
  }

  Value of(Expression expression, Span span) {
    return switch (expression) {
      case Expression.Constant c -> c.value();
      case Expression.Reference r -> of(r.field(), span);
      case Expression.Unary u -> unary(u.operator(), of(u.of(), span));
      case Expression.Binary b -> binary(b, span);
    };
  }

  private static Value unary(String operator, Value of) {
    return switch (of) {
      case Value.Truth(boolean truth) when operator.equals("!") -> new Value.Truth(!truth);
      case Value.Number n when operator.equals("-") ->
          new Value.Number(-n.number(), n.whole(), n.duration());
      default -> Value.NIL;
    };
  }

  private Value binary(Expression.Binary b, Span span) {
    switch (b.operator()) {
      case "&&" -> {
        return new Value.Truth(holds(b.left(), span) && holds(b.right(), span));
      }
      case "||" -> {
        return new Value.Truth(holds(b.left(), span) || holds(b.right(), span));
      }
      default -> {
        Value left = of(b.left(), span);
        Value right = of(b.right(), span);
        return switch (b.operator()) {
          case "+", "-", "*", "/", "%", "^" -> arithmetic(b.operator(), left, right);
          default -> new Value.Truth(compare(b, left, right));
        };
      }
    }
  }

  static Value arithmetic(String operator, Value left, Value right) {
    if (!(left instanceof Value.Number a) || !(right instanceof Value.Number b)) {
      return Value.NIL;
    }
    double result = arithmetic(operator, a.number(), b.number());
    boolean whole = a.whole() && b.whole() && result == Math.rint(result);
    return new Value.Number(result, whole, a.duration() || b.duration());
  }

  static double arithmetic(String operator, double a, double b) {
    return switch (operator) {
      case "+" -> a + b;
      case "-" -> a - b;
      case "*" -> a * b;
      case "/" -> a / b;
      case "%" -> a % b;
      default -> Math.pow(a, b);
    };
  }

  /** A field with several values fits when one of them does; with !=, when none is equal. */
  private static boolean compare(Expression.Binary b, Value left, Value right) {
    if (left instanceof Value.Many many) {
      return b.operator().startsWith("!")
          ? many.values().stream().allMatch(v -> compare(b, v, right)) && !many.values().isEmpty()
          : many.values().stream().anyMatch(v -> compare(b, v, right));
    }
    if (right instanceof Value.Many many) {
      return many.values().stream().anyMatch(v -> compare(b, left, v));
    }
    boolean leftNil = left instanceof Value.Nil;
    boolean rightNil = right instanceof Value.Nil;
    return switch (b.operator()) {
      case "=" -> leftNil || rightNil ? leftNil && rightNil : equal(left, right);
      case "!=" ->
          leftNil || rightNil
              ? leftNil != rightNil && b.right() instanceof Expression.Constant(Value.Nil n)
              : sameType(left, right) && !equal(left, right);
      case "=~" -> b.pattern() != null && left instanceof Value.Text(String t) && matches(b, t);
      case "!~" -> b.pattern() != null && left instanceof Value.Text(String t) && !matches(b, t);
      default -> ordered(b.operator(), left, right);
    };
  }

  private static boolean matches(Expression.Binary b, String text) {
    return b.pattern() != null && b.pattern().matcher(text).find();
  }

  private static boolean sameType(Value left, Value right) {
    return left.getClass() == right.getClass();
  }

  private static boolean equal(Value left, Value right) {
    return left instanceof Value.Number a && right instanceof Value.Number b
        ? a.number() == b.number()
        : left.equals(right);
  }

  private static boolean ordered(String operator, Value left, Value right) {
    if (left instanceof Value.Number a && right instanceof Value.Number b) {
      return compare(operator, a.number(), b.number());
    }
    if (left instanceof Value.Text(String a) && right instanceof Value.Text(String b)) {
      return compare(operator, a.compareTo(b), 0);
    }
    return false;
  }

  static boolean compare(String operator, double a, double b) {
    return switch (operator) {
      case ">" -> a > b;
      case ">=" -> a >= b;
      case "<" -> a < b;
      case "<=" -> a <= b;
      case "!=" -> a != b;
      default -> a == b;
    };
  }

  Value of(Field field, Span span) {
    return switch (field.intrinsic()) {
      case NONE -> attribute(field, span);
      case DURATION -> Value.duration(span.endEpochNanos() - span.startEpochNanos());
      case NAME -> new Value.Text(span.name());
      case STATUS -> new Value.StatusValue(span.status());
      case STATUS_MESSAGE -> text(span.statusMessage());
      case KIND -> new Value.KindValue(span.kind());
      case CHILD_COUNT -> Value.whole(tree.children(span).size());
      case PARENT ->
          span.parentSpanId() == 0 ? Value.NIL : new Value.Text(hex(span.parentSpanId()));
      case SPAN_ID -> new Value.Text(span.spanIdHex());
      case PARENT_ID ->
          span.parentSpanId() == 0 ? Value.NIL : new Value.Text(hex(span.parentSpanId()));
      case TRACE_ID -> new Value.Text(JaegerJson.traceId(span.traceIdHigh(), span.traceIdLow()));
      case TRACE_DURATION -> Value.duration(tree.nanos());
      case ROOT_NAME ->
          new Value.Text(tree.hasRoot() ? tree.root().name() : "<root span not yet received>");
      case ROOT_SERVICE ->
          new Value.Text(
              tree.hasRoot() ? tree.root().serviceName() : "<root span not yet received>");
      case EVENT_NAME -> events(span, event -> new Value.Text(event.name()));
      case EVENT_TIME ->
          events(span, event -> Value.duration(event.epochNanos() - span.startEpochNanos()));
      case LINK_SPAN_ID -> links(span, link -> new Value.Text(hex(link.spanId())));
      case LINK_TRACE_ID ->
          links(
              span,
              link -> new Value.Text(JaegerJson.traceId(link.traceIdHigh(), link.traceIdLow())));
      case SCOPE_NAME -> text(span.scope());
      case SCOPE_VERSION -> Value.NIL;
      case NESTED_LEFT -> Value.whole(tree.nested(span)[0]);
      case NESTED_RIGHT -> Value.whole(tree.nested(span)[1]);
      case NESTED_PARENT -> {
        Span parent = tree.parent(span);
        int left = tree.nested(span)[0];
        yield Value.whole(left == 0 ? 0 : parent == null ? -1 : tree.nested(parent)[0]);
      }
    };
  }

  private static Value text(String text) {
    return text.isEmpty() ? Value.NIL : new Value.Text(text);
  }

  private static String hex(long id) {
    return HexFormat.of().toHexDigits(id);
  }

  private Value attribute(Field field, Span span) {
    String name = field.name();
    return switch (field.scope()) {
      case ANY -> either(span, name);
      case SPAN -> Value.of(span.attributes().get(name));
      case RESOURCE -> Value.of(span.resource().get(name));
      case PARENT -> ofParent(span, parent -> either(parent, name));
      case PARENT_SPAN -> ofParent(span, parent -> Value.of(parent.attributes().get(name)));
      case PARENT_RESOURCE -> ofParent(span, parent -> Value.of(parent.resource().get(name)));
      case EVENT -> events(span, event -> Value.of(event.attributes().get(name)));
      case LINK -> links(span, link -> Value.of(link.attributes().get(name)));
      case INSTRUMENTATION -> Value.NIL;
    };
  }

  private static Value either(Span span, String name) {
    Object own = span.attributes().get(name);
    return Value.of(own != null ? own : span.resource().get(name));
  }

  private Value ofParent(Span span, Function<Span, Value> value) {
    @Nullable Span parent = tree.parent(span);
    return parent == null ? Value.NIL : value.apply(parent);
  }

  private static Value events(Span span, Function<Span.Event, Value> value) {
    return many(span.events(), value);
  }

  private static Value links(Span span, Function<Span.Link, Value> value) {
    return many(span.links(), value);
  }

  private static <T> Value many(List<T> of, Function<T, Value> value) {
    List<Value> values = new ArrayList<>();
    for (T each : of) {
      Value one = value.apply(each);
      if (!(one instanceof Value.Nil)) {
        values.add(one);
      }
    }
    return values.isEmpty() ? Value.NIL : new Value.Many(values);
  }

  /** The attributes that a field names, for what a search shows. */
  Map.Entry<String, Value> shown(Field field, Span span) {
    return Map.entry(
        field.intrinsic() == Field.Intrinsic.NONE ? field.name() : field.text(), of(field, span));
  }
}
