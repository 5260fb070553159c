// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.promql;

import io.flotilla.telemetry.metric.LabelMatcher;
import io.flotilla.telemetry.metric.Labels;
import io.flotilla.telemetry.promql.Expression.Aggregation;
import io.flotilla.telemetry.promql.Expression.Binary;
import io.flotilla.telemetry.promql.Expression.Call;
import io.flotilla.telemetry.promql.Expression.Function;
import io.flotilla.telemetry.promql.Expression.Matching;
import io.flotilla.telemetry.promql.Expression.MatrixSelector;
import io.flotilla.telemetry.promql.Expression.Negation;
import io.flotilla.telemetry.promql.Expression.NumberLiteral;
import io.flotilla.telemetry.promql.Expression.Operator;
import io.flotilla.telemetry.promql.Expression.StringLiteral;
import io.flotilla.telemetry.promql.Expression.Type;
import io.flotilla.telemetry.promql.Expression.VectorSelector;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** PromQL text to an expression whose types fit, by recursive descent. */
public final class PromQlParser {
  private static final int DEEPEST = 100;

  private final List<Token> tokens;
  private int next;
  private int depth;

  private PromQlParser(List<Token> tokens) {
    this.tokens = tokens;
  }

  /**
   * A whole query.
   *
   * @throws PromQlException if it is wrong, or asks for what this engine lacks
   */
  public static Expression parse(String query) throws PromQlException {
    PromQlParser parser = new PromQlParser(Lexer.tokens(query));
    if (parser.peek().kind() == Token.Kind.END) {
      throw PromQlException.badData("no expression found in input");
    }
    Expression expression = parser.expression(0);
    if (parser.peek().kind() != Token.Kind.END) {
      throw parser.unexpected("after the expression");
    }
    return expression;
  }

  /**
   * One series selector, as {@code match[]} takes it.
   *
   * @throws PromQlException if it is anything else
   */
  public static List<LabelMatcher> selector(String text) throws PromQlException {
    if (parse(text) instanceof VectorSelector(List<LabelMatcher> matchers, long offset)
        && offset == 0) {
      return matchers;
    }
    throw PromQlException.badData("'" + text + "' is not a series selector");
  }

  /** A PromQL duration ("1h30m") in milliseconds. */
  public static long duration(String text) throws PromQlException {
    return Lexer.Duration.millis(text);
  }

  private Token peek() {
    return tokens.get(next);
  }

  private Token take() {
    Token token = tokens.get(next);
    if (token.kind() != Token.Kind.END) {
      next++;
    }
    return token;
  }

  private boolean takeIf(String symbol) {
    if (peek().is(symbol)) {
      next++;
      return true;
    }
    return false;
  }

  private void expect(String symbol, String where) throws PromQlException {
    if (!takeIf(symbol)) {
      throw unexpected(where + ", expected \"" + symbol + "\"");
    }
  }

  private PromQlException unexpected(String where) {
    Token token = peek();
    return PromQlException.badData(
        "1:"
            + token.at()
            + ": parse error: unexpected "
            + (token.kind() == Token.Kind.END ? "end of input" : "\"" + token.text() + "\"")
            + " "
            + where);
  }

  private Expression expression(int loosest) throws PromQlException {
    if (++depth > DEEPEST) {
      throw PromQlException.badData("the query is nested deeper than " + DEEPEST);
    }
    Expression left = operand();
    while (true) {
      Operator operator = operator(peek());
      if (operator == null || operator.precedence < loosest) {
        depth--;
        return left;
      }
      next++;
      left = binary(operator, left);
    }
  }

  private static @Nullable Operator operator(Token token) throws PromQlException {
    if (token.isWord("atan2")) {
      throw PromQlException.unsupported("the operator atan2");
    }
    for (Operator operator : Operator.values()) {
      if (operator.isSet() ? token.isWord(operator.text) : token.is(operator.text)) {
        return operator;
      }
    }
    return null;
  }

  private Expression binary(Operator operator, Expression left) throws PromQlException {
    boolean bool = false;
    if (peek().isWord("bool")) {
      next++;
      if (!operator.isComparison()) {
        throw PromQlException.badData("bool modifier can only be used on comparison operators");
      }
      bool = true;
    }
    Matching matching = Matching.ALL;
    boolean on = peek().isWord("on");
    if (on || peek().isWord("ignoring")) {
      next++;
      matching = new Matching(on, labels());
    }
    if (peek().isWord("group_left") || peek().isWord("group_right")) {
      throw PromQlException.unsupported("the modifier " + peek().text());
    }
    // The power operator alone associates to the right.
    Expression right =
        expression(operator == Operator.POWER ? operator.precedence : operator.precedence + 1);
    check(operator, left, right, bool);
    return new Binary(operator, left, right, bool, matching);
  }

  private static void check(Operator operator, Expression left, Expression right, boolean bool)
      throws PromQlException {
    for (Expression side : List.of(left, right)) {
      if (side.type() != Type.SCALAR && side.type() != Type.VECTOR) {
        throw PromQlException.badData(
            "binary expression must contain only scalar and instant vector types");
      }
    }
    boolean scalars = left.type() == Type.SCALAR && right.type() == Type.SCALAR;
    if (operator.isSet() && (left.type() == Type.SCALAR || right.type() == Type.SCALAR)) {
      throw PromQlException.badData(
          "set operator \"" + operator.text + "\" not allowed in binary scalar expression");
    }
    if (operator.isComparison() && scalars && !bool) {
      throw PromQlException.badData("comparisons between scalars must use BOOL modifier");
    }
  }

  private Expression operand() throws PromQlException {
    if (takeIf("-")) {
      Expression operand = expression(Operator.UNARY);
      if (operand.type() != Type.SCALAR && operand.type() != Type.VECTOR) {
        throw PromQlException.badData(
            "unary expression only allowed on expressions of type scalar or instant vector");
      }
      return operand instanceof NumberLiteral(double value)
          ? new NumberLiteral(-value)
          : new Negation(operand);
    }
    if (takeIf("+")) {
      return expression(Operator.UNARY);
    }
    return suffixed(atom());
  }

  private Expression atom() throws PromQlException {
    Token token = peek();
    switch (token.kind()) {
      case NUMBER -> {
        next++;
        return new NumberLiteral(Lexer.parseNumber(token.text(), token.at()));
      }
      case STRING -> {
        next++;
        return new StringLiteral(token.text());
      }
      case IDENTIFIER -> {
        next++;
        return named(token);
      }
      default -> {
        if (takeIf("(")) {
          Expression inner = expression(0);
          expect(")", "in parentheses");
          return inner;
        }
        if (token.is("{")) {
          return series(null);
        }
        throw unexpected("where an expression begins");
      }
    }
  }

  private Expression named(Token name) throws PromQlException {
    String lower = name.text().toLowerCase(Locale.ROOT);
    boolean call = peek().is("(");
    if (!call) {
      if (lower.equals("inf")) {
        return new NumberLiteral(Double.POSITIVE_INFINITY);
      }
      if (lower.equals("nan")) {
        return new NumberLiteral(Double.NaN);
      }
    }
    for (Aggregation.Kind kind : Aggregation.Kind.values()) {
      if (kind.name().toLowerCase(Locale.ROOT).equals(lower)
          && (call || peek().isWord("by") || peek().isWord("without"))) {
        return aggregation(kind);
      }
    }
    if (lower.equals("stddev")
        || lower.equals("stdvar")
        || lower.equals("quantile")
        || lower.equals("count_values")) {
      throw PromQlException.unsupported("the aggregation " + lower);
    }
    return call ? call(name) : series(name.text());
  }

  private Expression aggregation(Aggregation.Kind kind) throws PromQlException {
    boolean without = peek().isWord("without");
    Set<String> labels = Set.of();
    boolean grouped = without || peek().isWord("by");
    if (grouped) {
      next++;
      labels = labels();
    }
    expect("(", "in an aggregation");
    Expression parameter = null;
    Expression operand = expression(0);
    if (kind == Aggregation.Kind.TOPK || kind == Aggregation.Kind.BOTTOMK) {
      expect(",", "in an aggregation with a parameter");
      parameter = operand;
      operand = expression(0);
      if (parameter.type() != Type.SCALAR) {
        throw PromQlException.badData(
            "expected type scalar in aggregation parameter, got " + name(parameter.type()));
      }
    }
    expect(")", "in an aggregation");
    if (!grouped && (peek().isWord("by") || peek().isWord("without"))) {
      without = take().isWord("without");
      labels = labels();
    }
    if (operand.type() != Type.VECTOR) {
      throw PromQlException.badData(
          "expected type instant vector in aggregation expression, got " + name(operand.type()));
    }
    return new Aggregation(kind, operand, without, labels, parameter);
  }

  private Set<String> labels() throws PromQlException {
    expect("(", "in a list of labels");
    Set<String> labels = new HashSet<>();
    while (!takeIf(")")) {
      if (peek().kind() != Token.Kind.IDENTIFIER) {
        throw unexpected("in a list of labels");
      }
      labels.add(take().text());
      if (!peek().is(")")) {
        expect(",", "in a list of labels");
      }
    }
    return labels;
  }

  private Expression call(Token name) throws PromQlException {
    Function function = null;
    for (Function each : Function.values()) {
      if (each.name().toLowerCase(Locale.ROOT).equals(name.text())) {
        function = each;
      }
    }
    if (function == null) {
      throw PromQlException.unsupported("the function " + name.text());
    }
    expect("(", "in a call");
    List<Expression> arguments = new ArrayList<>();
    while (!takeIf(")")) {
      arguments.add(expression(0));
      if (!peek().is(")")) {
        expect(",", "in a call");
      }
    }
    boolean rounding = function == Function.ROUND && arguments.size() == 2;
    if (arguments.size() != function.arguments.size() && !rounding) {
      throw PromQlException.badData(
          "expected "
              + function.arguments.size()
              + " argument(s) in call to \""
              + name.text()
              + "\", got "
              + arguments.size());
    }
    for (int i = 0; i < arguments.size(); i++) {
      Type expected = i < function.arguments.size() ? function.arguments.get(i) : Type.SCALAR;
      if (arguments.get(i).type() != expected) {
        throw PromQlException.badData(
            "expected type "
                + name(expected)
                + " in call to function \""
                + name.text()
                + "\", got "
                + name(arguments.get(i).type()));
      }
    }
    return new Call(function, arguments);
  }

  private static String name(Type type) {
    return switch (type) {
      case SCALAR -> "scalar";
      case STRING -> "string";
      case VECTOR -> "instant vector";
      case MATRIX -> "range vector";
    };
  }

  private Expression series(@Nullable String name) throws PromQlException {
    List<LabelMatcher> matchers = new ArrayList<>();
    if (name != null) {
      matchers.add(new LabelMatcher(Labels.NAME, LabelMatcher.Kind.EQUAL, name));
    }
    if (takeIf("{")) {
      while (!takeIf("}")) {
        matchers.add(matcher());
        if (!peek().is("}")) {
          expect(",", "in label matching");
        }
      }
    }
    if (matchers.stream().allMatch(m -> m.matches(""))) {
      throw PromQlException.badData("vector selector must contain at least one non-empty matcher");
    }
    return new VectorSelector(matchers, 0);
  }

  private LabelMatcher matcher() throws PromQlException {
    if (peek().kind() != Token.Kind.IDENTIFIER) {
      throw unexpected("in label matching, expected identifier or \"}\"");
    }
    String label = take().text();
    LabelMatcher.Kind kind =
        switch (peek().kind() == Token.Kind.SYMBOL ? peek().text() : "") {
          case "=" -> LabelMatcher.Kind.EQUAL;
          case "!=" -> LabelMatcher.Kind.NOT_EQUAL;
          case "=~" -> LabelMatcher.Kind.MATCHES;
          case "!~" -> LabelMatcher.Kind.NOT_MATCHES;
          default -> throw unexpected("in label matching, expected label matching operator");
        };
    next++;
    if (peek().kind() != Token.Kind.STRING) {
      throw unexpected("in label matching, expected string");
    }
    try {
      return new LabelMatcher(label, kind, take().text());
    } catch (IllegalArgumentException e) {
      throw PromQlException.badData(e.getMessage() == null ? "wrong matcher" : e.getMessage());
    }
  }

  /** A range, an offset, after what they apply to. */
  private Expression suffixed(Expression atom) throws PromQlException {
    Expression expression = atom;
    while (true) {
      if (peek().is("[")) {
        expression = range(expression);
      } else if (peek().isWord("offset")) {
        next++;
        expression = offset(expression);
      } else if (peek().is("@")) {
        throw PromQlException.unsupported("the modifier @");
      } else {
        return expression;
      }
    }
  }

  private Expression range(Expression of) throws PromQlException {
    next++;
    if (peek().kind() != Token.Kind.DURATION) {
      throw unexpected("in a range, expected a duration");
    }
    long millis = Lexer.Duration.millis(take().text());
    if (peek().is(":")) {
      throw PromQlException.unsupported("a subquery ([range:step])");
    }
    expect("]", "in a range");
    if (!(of instanceof VectorSelector vector)) {
      throw PromQlException.badData("ranges only allowed for vector selectors");
    }
    if (millis == 0) {
      throw PromQlException.badData("duration must be greater than 0");
    }
    return new MatrixSelector(vector, millis);
  }

  private Expression offset(Expression of) throws PromQlException {
    boolean ahead = takeIf("-");
    if (peek().kind() != Token.Kind.DURATION) {
      throw unexpected("in offset, expected a duration");
    }
    long millis = Lexer.Duration.millis(take().text()) * (ahead ? -1 : 1);
    return switch (of) {
      case VectorSelector v -> new VectorSelector(v.matchers(), millis);
      case MatrixSelector m ->
          new MatrixSelector(new VectorSelector(m.vector().matchers(), millis), m.rangeMillis());
      default ->
          throw PromQlException.badData(
              "offset modifier must be preceded by an instant or range vector selector");
    };
  }
}
