// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.traceql;

import com.google.re2j.Pattern;
import org.jspecify.annotations.Nullable;

/** What is asked of one span: the inside of braces, and the arguments of functions. */
sealed interface Expression {
  /** A constant. */
  record Constant(Value value) implements Expression {}

  /** A field of the span. */
  record Reference(Field field) implements Expression {}

  /** {@code !} or {@code -}. */
  record Unary(String operator, Expression of) implements Expression {}

  /**
   * Two sides and an operator.
   *
   * @param pattern of a regular expression, read once; null for the other operators
   */
  record Binary(String operator, Expression left, Expression right, @Nullable Pattern pattern)
      implements Expression {}

  /** What it gives, as far as that is known. */
  default Field.Type type() {
    return switch (this) {
      case Constant c ->
          switch (c.value) {
            case Value.Nil n -> Field.Type.NIL;
            case Value.Text t -> Field.Type.TEXT;
            case Value.Number n -> Field.Type.NUMBER;
            case Value.Truth t -> Field.Type.TRUTH;
            case Value.StatusValue s -> Field.Type.STATUS;
            case Value.KindValue k -> Field.Type.KIND;
            case Value.Many m -> Field.Type.ANY;
          };
      case Reference r -> r.field.intrinsic().type;
      case Unary u -> u.operator.equals("!") ? Field.Type.TRUTH : Field.Type.NUMBER;
      case Binary b ->
          switch (b.operator) {
            case "+", "-", "*", "/", "%", "^" -> Field.Type.NUMBER;
            default -> Field.Type.TRUTH;
          };
    };
  }

  /** Whether it looks at the span at all. */
  default boolean refersToSpan() {
    return switch (this) {
      case Constant c -> false;
      case Reference r -> true;
      case Unary u -> u.of.refersToSpan();
      case Binary b -> b.left.refersToSpan() || b.right.refersToSpan();
    };
  }
}
