// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.traceql;

import io.flotilla.telemetry.api.Span;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** What an expression gives for one span; a field that is not there gives {@link Nil}. */
public sealed interface Value {
  /** Nothing is there. */
  record Nil() implements Value {}

  /** Text. */
  record Text(String text) implements Value {}

  /** A number; durations are whole nanoseconds. */
  record Number(double number, boolean whole, boolean duration) implements Value {}

  /** Yes or no. */
  record Truth(boolean truth) implements Value {}

  /** A span's status. */
  record StatusValue(Span.Status status) implements Value {}

  /** A span's kind. */
  record KindValue(Span.Kind kind) implements Value {}

  /** Several values of one field: of the span's events or links, or a list. */
  record Many(List<Value> values) implements Value {
    public Many {
      values = List.copyOf(values);
    }
  }

  Nil NIL = new Nil();

  static Value of(@Nullable Object attribute) {
    return switch (attribute) {
      case null -> NIL;
      case String s -> new Text(s);
      case Long l -> new Number(l, true, false);
      case Integer i -> new Number(i, true, false);
      case Double d -> new Number(d, false, false);
      case Boolean b -> new Truth(b);
      case List<?> list -> new Many(list.stream().<Value>map(Value::of).toList());
      default -> new Text(attribute.toString());
    };
  }

  static Value duration(long nanos) {
    return new Number(nanos, true, true);
  }

  static Value whole(long number) {
    return new Number(number, true, false);
  }

  /** As responses show it. */
  default String text() {
    return switch (this) {
      case Nil n -> "nil";
      case Text t -> t.text;
      case Number n -> n.whole ? Long.toString((long) n.number) : Double.toString(n.number);
      case Truth t -> Boolean.toString(t.truth);
      case StatusValue s -> s.status.name().toLowerCase(java.util.Locale.ROOT);
      case KindValue k -> k.kind.name().toLowerCase(java.util.Locale.ROOT);
      case Many m -> m.values.stream().map(Value::text).toList().toString();
    };
  }
}
