// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.promql;

import io.flotilla.telemetry.metric.LabelMatcher;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** A parsed query. */
public sealed interface Expression {

  /** A number. */
  record NumberLiteral(double value) implements Expression {}

  /** A text, as some functions take it. */
  record StringLiteral(String value) implements Expression {}

  /** The latest samples of series: {@code name{label="value"} offset 5m}. */
  record VectorSelector(List<LabelMatcher> matchers, long offsetMillis) implements Expression {
    public VectorSelector {
      matchers = List.copyOf(matchers);
    }
  }

  /** The samples of series in a range: {@code name[1m]}. */
  record MatrixSelector(VectorSelector vector, long rangeMillis) implements Expression {}

  /** A minus. */
  record Negation(Expression operand) implements Expression {}

  /**
   * An operator between two expressions.
   *
   * @param bool a comparison gives 0 or 1 in place of filtering
   */
  record Binary(
      Operator operator, Expression left, Expression right, boolean bool, Matching matching)
      implements Expression {}

  /**
   * Which labels make two series of both sides belong together.
   *
   * @param on only these labels; otherwise all but these
   */
  record Matching(boolean on, Set<String> labels) {
    static final Matching ALL = new Matching(false, Set.of());

    public Matching {
      labels = Set.copyOf(labels);
    }
  }

  /**
   * One value for each group of series.
   *
   * @param without all labels but these, otherwise only these
   * @param parameter of topk and bottomk
   */
  record Aggregation(
      Kind kind,
      Expression operand,
      boolean without,
      Set<String> labels,
      @Nullable Expression parameter)
      implements Expression {
    public Aggregation {
      labels = Set.copyOf(labels);
    }

    /** How the values of a group become one. */
    enum Kind {
      SUM,
      AVG,
      MIN,
      MAX,
      COUNT,
      GROUP,
      TOPK,
      BOTTOMK
    }
  }

  /** A function of its arguments. */
  record Call(Function function, List<Expression> arguments) implements Expression {
    public Call {
      arguments = List.copyOf(arguments);
    }
  }

  /** The operators, with how tight each binds. */
  enum Operator {
    OR("or", 1),
    AND("and", 2),
    UNLESS("unless", 2),
    EQUAL("==", 3),
    NOT_EQUAL("!=", 3),
    LESS("<", 3),
    LESS_OR_EQUAL("<=", 3),
    GREATER(">", 3),
    GREATER_OR_EQUAL(">=", 3),
    ADD("+", 4),
    SUBTRACT("-", 4),
    MULTIPLY("*", 5),
    DIVIDE("/", 5),
    MODULO("%", 5),
    POWER("^", 7);

    /** What a minus before an operand binds like. */
    static final int UNARY = 6;

    final String text;
    final int precedence;

    Operator(String text, int precedence) {
      this.text = text;
      this.precedence = precedence;
    }

    boolean isSet() {
      return precedence <= 2;
    }

    boolean isComparison() {
      return precedence == 3;
    }
  }

  /** What a value is. */
  enum Type {
    SCALAR,
    VECTOR,
    MATRIX,
    STRING
  }

  /** The functions, with the types of their arguments. */
  enum Function {
    RATE(Type.MATRIX),
    IRATE(Type.MATRIX),
    INCREASE(Type.MATRIX),
    DELTA(Type.MATRIX),
    SUM_OVER_TIME(Type.MATRIX),
    AVG_OVER_TIME(Type.MATRIX),
    MIN_OVER_TIME(Type.MATRIX),
    MAX_OVER_TIME(Type.MATRIX),
    COUNT_OVER_TIME(Type.MATRIX),
    LAST_OVER_TIME(Type.MATRIX),
    HISTOGRAM_QUANTILE(Type.SCALAR, Type.VECTOR),
    ABS(Type.VECTOR),
    CEIL(Type.VECTOR),
    FLOOR(Type.VECTOR),
    ROUND(Type.VECTOR),
    SQRT(Type.VECTOR),
    CLAMP_MIN(Type.VECTOR, Type.SCALAR),
    CLAMP_MAX(Type.VECTOR, Type.SCALAR),
    SCALAR(Type.VECTOR),
    VECTOR(Type.SCALAR),
    TIME(),
    SORT(Type.VECTOR),
    SORT_DESC(Type.VECTOR),
    LABEL_REPLACE(Type.VECTOR, Type.STRING, Type.STRING, Type.STRING, Type.STRING);

    final List<Type> arguments;

    Function(Type... arguments) {
      this.arguments = List.of(arguments);
    }
  }

  /** The type of this expression's value. */
  default Type type() {
    return switch (this) {
      case NumberLiteral n -> Type.SCALAR;
      case StringLiteral s -> Type.STRING;
      case VectorSelector v -> Type.VECTOR;
      case MatrixSelector m -> Type.MATRIX;
      case Negation n -> n.operand().type();
      case Binary b ->
          b.left().type() == Type.SCALAR && b.right().type() == Type.SCALAR
              ? Type.SCALAR
              : Type.VECTOR;
      case Aggregation a -> Type.VECTOR;
      case Call c ->
          c.function() == Function.SCALAR || c.function() == Function.TIME
              ? Type.SCALAR
              : Type.VECTOR;
    };
  }
}
