// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.traceql;

import com.google.re2j.Pattern;
import io.flotilla.regex.BoundedRegex;
import io.flotilla.regex.InvalidRegexException;
import io.flotilla.telemetry.api.Span;
import io.flotilla.telemetry.traceql.Field.Intrinsic;
import io.flotilla.telemetry.traceql.Field.Scope;
import io.flotilla.telemetry.traceql.Stage.Scalar;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads a query by descent. Operators bind as in Tempo: {@code &&} and {@code ||} alike and least,
 * then comparisons and relations of spans, then sums, products and powers.
 */
final class Parser {
  private static final int LENGTH = 16_384;
  private static final int DEPTH = 64;
  private static final Set<String> COMPARISONS =
      Set.of("=", "!=", ">", ">=", "<", "<=", "=~", "!~");
  private static final Set<String> RELATIONS =
      Set.of(
          ">", "<", ">>", "<<", "~", "!>", "!<", "!>>", "!<<", "!~", "&>", "&<", "&>>", "&<<",
          "&~");
  private static final Set<String> AGGREGATES = Set.of("count", "min", "max", "avg", "sum");
  private static final Set<String> METRICS =
      Set.of(
          "rate",
          "count_over_time",
          "min_over_time",
          "max_over_time",
          "avg_over_time",
          "sum_over_time",
          "quantile_over_time",
          "histogram_over_time",
          "compare");
  private static final Map<String, Intrinsic> WORDS =
      Map.ofEntries(
          Map.entry("duration", Intrinsic.DURATION),
          Map.entry("name", Intrinsic.NAME),
          Map.entry("status", Intrinsic.STATUS),
          Map.entry("statusMessage", Intrinsic.STATUS_MESSAGE),
          Map.entry("kind", Intrinsic.KIND),
          Map.entry("childCount", Intrinsic.CHILD_COUNT),
          Map.entry("parent", Intrinsic.PARENT),
          Map.entry("traceDuration", Intrinsic.TRACE_DURATION),
          Map.entry("rootName", Intrinsic.ROOT_NAME),
          Map.entry("rootServiceName", Intrinsic.ROOT_SERVICE),
          Map.entry("nestedSetLeft", Intrinsic.NESTED_LEFT),
          Map.entry("nestedSetRight", Intrinsic.NESTED_RIGHT),
          Map.entry("nestedSetParent", Intrinsic.NESTED_PARENT));
  private static final Map<String, Intrinsic> SCOPED =
      Map.ofEntries(
          Map.entry("span:duration", Intrinsic.DURATION),
          Map.entry("span:name", Intrinsic.NAME),
          Map.entry("span:status", Intrinsic.STATUS),
          Map.entry("span:statusMessage", Intrinsic.STATUS_MESSAGE),
          Map.entry("span:kind", Intrinsic.KIND),
          Map.entry("span:id", Intrinsic.SPAN_ID),
          Map.entry("span:parentID", Intrinsic.PARENT_ID),
          Map.entry("span:childCount", Intrinsic.CHILD_COUNT),
          Map.entry("trace:id", Intrinsic.TRACE_ID),
          Map.entry("trace:duration", Intrinsic.TRACE_DURATION),
          Map.entry("trace:rootName", Intrinsic.ROOT_NAME),
          Map.entry("trace:rootService", Intrinsic.ROOT_SERVICE),
          Map.entry("event:name", Intrinsic.EVENT_NAME),
          Map.entry("event:timeSinceStart", Intrinsic.EVENT_TIME),
          Map.entry("link:spanID", Intrinsic.LINK_SPAN_ID),
          Map.entry("link:traceID", Intrinsic.LINK_TRACE_ID),
          Map.entry("instrumentation:name", Intrinsic.SCOPE_NAME),
          Map.entry("instrumentation:version", Intrinsic.SCOPE_VERSION));

  private final String text;
  private final List<Token> tokens;
  private int at;
  private int depth;

  private Parser(String text) throws TraceQlException {
    if (text.length() > LENGTH) {
      throw new TraceQlException("the query is longer than " + LENGTH + " characters");
    }
    this.text = text;
    this.tokens = Lexer.tokens(text);
  }

  /** The stages of a query. */
  static List<Stage> parse(String text) throws TraceQlException {
    Parser parser = new Parser(text);
    List<Stage> stages = parser.pipeline();
    parser.hints();
    if (parser.next().kind() != Token.Kind.END) {
      throw parser.unexpected();
    }
    return stages;
  }

  private Token next() {
    return tokens.get(at);
  }

  private boolean accept(String sign) {
    if (next().is(sign)) {
      at++;
      return true;
    }
    return false;
  }

  private Token expect(String sign) throws TraceQlException {
    if (!next().is(sign)) {
      throw unexpected();
    }
    return tokens.get(at++);
  }

  private TraceQlException unexpected() {
    Token token = next();
    return fail(
        "syntax error: unexpected " + (token.kind() == Token.Kind.END ? "$end" : token.text()));
  }

  private TraceQlException fail(String why) {
    return TraceQlException.at(text, next().position(), why);
  }

  private void enter() throws TraceQlException {
    if (++depth > DEPTH) {
      throw fail("the query is nested too deep");
    }
  }

  /** {@code with (most_recent=true)}: read, and without effect here. */
  private void hints() throws TraceQlException {
    if (accept("with")) {
      expect("(");
      do {
        if (next().kind() != Token.Kind.WORD) {
          throw unexpected();
        }
        at++;
        expect("=");
        constant();
      } while (accept(","));
      expect(")");
    }
  }

  private List<Stage> pipeline() throws TraceQlException {
    List<Stage> stages = new ArrayList<>();
    boolean metrics = false;
    do {
      Stage stage = stage(metrics);
      if (stages.isEmpty() && stage instanceof Stage.Coalesce) {
        throw fail("coalesce() must follow something");
      }
      if (metrics && !(stage instanceof Stage.Rank || stage instanceof Stage.SampleFilter)) {
        throw fail("a function over time can only be followed by topk, bottomk or a comparison");
      }
      metrics |= stage instanceof Stage.Metrics;
      stages.add(stage);
      if (metrics && COMPARISONS.contains(next().text()) && next().kind() == Token.Kind.SIGN) {
        stages.add(sampleFilter());
      }
    } while (accept("|"));
    return stages;
  }

  private Stage sampleFilter() throws TraceQlException {
    String operator = tokens.get(at++).text();
    boolean negative = accept("-");
    if (!(constant() instanceof Value.Number bound)) {
      throw fail("series can only be compared with a number");
    }
    return new Stage.SampleFilter(operator, negative ? -bound.number() : bound.number());
  }

  private Stage stage(boolean metrics) throws TraceQlException {
    Token token = next();
    if (metrics && token.kind() == Token.Kind.SIGN && COMPARISONS.contains(token.text())) {
      return sampleFilter();
    }
    if (token.kind() == Token.Kind.WORD) {
      switch (token.text()) {
        case "by" -> {
          at++;
          expect("(");
          Expression by = expression();
          if (!by.refersToSpan()) {
            throw fail("grouping field expressions must reference the span");
          }
          expect(")");
          return new Stage.GroupBy(by);
        }
        case "coalesce" -> {
          at++;
          expect("(");
          expect(")");
          return new Stage.Coalesce();
        }
        case "select" -> {
          at++;
          return new Stage.Select(fields());
        }
        case "topk", "bottomk" -> {
          if (!metrics) {
            throw fail(token.text() + " follows a function over time only");
          }
          at++;
          expect("(");
          if (!(constant() instanceof Value.Number limit) || !limit.whole() || limit.number() < 1) {
            throw fail(token.text() + " needs a whole number of series");
          }
          expect(")");
          return new Stage.Rank(
              token.text().equals("topk"), (int) Math.min(limit.number(), 10_000));
        }
        default -> {
          if (METRICS.contains(token.text())) {
            return metrics();
          }
        }
      }
    }
    if (isScalar()) {
      return scalarFilter();
    }
    return spansets();
  }

  private List<Field> fields() throws TraceQlException {
    List<Field> fields = new ArrayList<>();
    expect("(");
    do {
      fields.add(field());
    } while (accept(","));
    expect(")");
    return fields;
  }

  private Stage metrics() throws TraceQlException {
    String function = tokens.get(at++).text();
    expect("(");
    Expression of = null;
    Stage.Filter selection = null;
    List<Double> arguments = new ArrayList<>();
    switch (function) {
      case "rate", "count_over_time" -> {}
      case "compare" -> {
        selection = filter();
        while (accept(",")) {
          arguments.add(number());
        }
        if (arguments.size() != 0 && arguments.size() != 1 && arguments.size() != 3) {
          throw fail("compare takes a selection, the number of values, a start and an end");
        }
      }
      case "quantile_over_time" -> {
        of = new Expression.Reference(field());
        while (accept(",")) {
          double quantile = number();
          if (quantile < 0 || quantile > 1) {
            throw fail("a quantile is between 0 and 1");
          }
          arguments.add(quantile);
        }
        if (arguments.isEmpty()) {
          throw unexpected();
        }
      }
      default -> of = new Expression.Reference(field());
    }
    if (of != null && !of.type().fits(Field.Type.NUMBER)) {
      throw fail(function + " needs a field that is a number");
    }
    expect(")");
    List<Field> by = List.of();
    if (accept("by")) {
      by = fields();
    }
    return new Stage.Metrics(function, of, arguments, selection, by);
  }

  private double number() throws TraceQlException {
    boolean negative = accept("-");
    if (constant() instanceof Value.Number number) {
      return negative ? -number.number() : number.number();
    }
    at--;
    throw unexpected();
  }

  /** Whether what comes is a comparison of what is computed of spansets. */
  private boolean isScalar() {
    int from = at;
    while (tokens.get(from).is("(")) {
      from++;
    }
    Token token = tokens.get(from);
    return switch (token.kind()) {
      case WORD -> AGGREGATES.contains(token.text());
      case INTEGER, FLOAT, DURATION -> true;
      case SIGN -> token.is("-");
      default -> false;
    };
  }

  private Stage scalarFilter() throws TraceQlException {
    Scalar left = scalarSum();
    String operator = next().text();
    if (next().kind() != Token.Kind.SIGN
        || !COMPARISONS.contains(operator)
        || operator.endsWith("~")
        || operator.startsWith("=~")) {
      throw unexpected();
    }
    at++;
    return new Stage.ScalarFilter(operator, left, scalarSum());
  }

  private Scalar scalarSum() throws TraceQlException {
    Scalar left = scalarProduct();
    while (next().is("+") || next().is("-")) {
      left = new Scalar.Arithmetic(tokens.get(at++).text(), left, scalarProduct());
    }
    return left;
  }

  private Scalar scalarProduct() throws TraceQlException {
    Scalar left = scalarPower();
    while (next().is("*") || next().is("/") || next().is("%")) {
      left = new Scalar.Arithmetic(tokens.get(at++).text(), left, scalarPower());
    }
    return left;
  }

  private Scalar scalarPower() throws TraceQlException {
    Scalar left = scalarUnit();
    return accept("^") ? new Scalar.Arithmetic("^", left, scalarPower()) : left;
  }

  private Scalar scalarUnit() throws TraceQlException {
    enter();
    try {
      Token token = next();
      if (accept("(")) {
        Scalar inner = scalarSum();
        expect(")");
        return inner;
      }
      if (accept("-")) {
        return new Scalar.Arithmetic(
            "-", new Scalar.Constant(new Value.Number(0, true, false)), scalarUnit());
      }
      if (token.kind() == Token.Kind.WORD && AGGREGATES.contains(token.text())) {
        at++;
        expect("(");
        Expression of = null;
        if (!token.text().equals("count")) {
          of = expression();
          if (!of.type().fits(Field.Type.NUMBER)) {
            throw fail("aggregate field expressions must resolve to a number type");
          }
          if (!of.refersToSpan()) {
            throw fail("aggregate field expressions must reference the span");
          }
        }
        expect(")");
        return new Scalar.Aggregate(token.text(), of);
      }
      if (constant() instanceof Value.Number number) {
        return new Scalar.Constant(number);
      }
      at--;
      throw unexpected();
    } finally {
      depth--;
    }
  }

  private Stage.Spansets spansets() throws TraceQlException {
    Stage.Spansets left = related();
    while (next().is("&&") || next().is("||")) {
      left = new Stage.Relation(tokens.get(at++).text(), left, related());
    }
    return left;
  }

  private Stage.Spansets related() throws TraceQlException {
    Stage.Spansets left = spansetUnit();
    while (next().kind() == Token.Kind.SIGN && RELATIONS.contains(next().text())) {
      left = new Stage.Relation(tokens.get(at++).text(), left, spansetUnit());
    }
    return left;
  }

  private Stage.Spansets spansetUnit() throws TraceQlException {
    if (next().is("{")) {
      return filter();
    }
    enter();
    expect("(");
    List<Stage> stages = pipeline();
    if (stages.stream().anyMatch(stage -> stage instanceof Stage.Metrics)) {
      throw fail("a function over time cannot be in parentheses");
    }
    expect(")");
    depth--;
    return stages.size() == 1 && stages.getFirst() instanceof Stage.Spansets only
        ? only
        : new Stage.Nested(stages);
  }

  private Stage.Filter filter() throws TraceQlException {
    expect("{");
    if (accept("}")) {
      return new Stage.Filter(new Expression.Constant(new Value.Truth(true)));
    }
    Expression condition = expression();
    if (!condition.type().fits(Field.Type.TRUTH)) {
      throw fail("span filter field expressions must resolve to a boolean");
    }
    expect("}");
    return new Stage.Filter(condition);
  }

  private Expression expression() throws TraceQlException {
    enter();
    Expression left = comparison();
    while (next().is("&&") || next().is("||")) {
      left = binary(tokens.get(at++).text(), left, comparison());
    }
    depth--;
    return left;
  }

  private Expression comparison() throws TraceQlException {
    Expression left = sum();
    while (next().kind() == Token.Kind.SIGN && COMPARISONS.contains(next().text())) {
      left = binary(tokens.get(at++).text(), left, sum());
    }
    return left;
  }

  private Expression sum() throws TraceQlException {
    Expression left = product();
    while (next().is("+") || next().is("-")) {
      left = binary(tokens.get(at++).text(), left, product());
    }
    return left;
  }

  private Expression product() throws TraceQlException {
    Expression left = power();
    while (next().is("*") || next().is("/") || next().is("%")) {
      left = binary(tokens.get(at++).text(), left, power());
    }
    return left;
  }

  private Expression power() throws TraceQlException {
    Expression left = unary();
    return next().is("^") ? binary(tokens.get(at++).text(), left, power()) : left;
  }

  private Expression unary() throws TraceQlException {
    enter();
    try {
      if (accept("!")) {
        Expression of = unary();
        if (!of.type().fits(Field.Type.TRUTH)) {
          throw fail("illegal operation for the given type: !");
        }
        return new Expression.Unary("!", of);
      }
      if (accept("-")) {
        Expression of = unary();
        if (!of.type().fits(Field.Type.NUMBER)) {
          throw fail("illegal operation for the given type: -");
        }
        return new Expression.Unary("-", of);
      }
      if (accept("(")) {
        Expression inner = expression();
        expect(")");
        return inner;
      }
      if (isField()) {
        return new Expression.Reference(field());
      }
      return new Expression.Constant(constant());
    } finally {
      depth--;
    }
  }

  private Expression binary(String operator, Expression left, Expression right)
      throws TraceQlException {
    Field.Type a = left.type();
    Field.Type b = right.type();
    boolean fits =
        switch (operator) {
          case "&&", "||" -> a.fits(Field.Type.TRUTH) && b.fits(Field.Type.TRUTH);
          case "+", "-", "*", "/", "%", "^" ->
              a.fits(Field.Type.NUMBER)
                  && b.fits(Field.Type.NUMBER)
                  && a != Field.Type.NIL
                  && b != Field.Type.NIL;
          case "=~", "!~" -> a.fits(Field.Type.TEXT) && b.fits(Field.Type.TEXT);
          case "=", "!=" -> a.fits(b);
          default -> a.fits(b) && ordered(a) && ordered(b);
        };
    if (!fits) {
      throw fail("binary operations must operate on the same type: " + operator);
    }
    return new Expression.Binary(operator, left, right, pattern(operator, right));
  }

  private static boolean ordered(Field.Type type) {
    return type == Field.Type.ANY || type == Field.Type.NUMBER || type == Field.Type.TEXT;
  }

  private @Nullable Pattern pattern(String operator, Expression right) throws TraceQlException {
    if (!operator.equals("=~") && !operator.equals("!~")) {
      return null;
    }
    if (!(right instanceof Expression.Constant(Value.Text(String regex)))) {
      throw fail("a regular expression must be a string");
    }
    try {
      return BoundedRegex.compile("^(?:" + regex + ")$", Pattern.DOTALL);
    } catch (InvalidRegexException e) {
      throw fail("error parsing regexp: " + e.getMessage());
    }
  }

  private boolean isField() {
    Token token = next();
    return token.kind() == Token.Kind.FIELD
        || (token.kind() == Token.Kind.WORD && WORDS.containsKey(token.text()));
  }

  private Field field() throws TraceQlException {
    Token token = next();
    if (token.kind() == Token.Kind.WORD) {
      Intrinsic word = WORDS.get(token.text());
      if (word == null) {
        throw unexpected();
      }
      at++;
      return Field.intrinsic(word, token.text());
    }
    if (!(token.value() instanceof Lexer.Name name)) {
      throw unexpected();
    }
    if (name.intrinsic()) {
      Intrinsic scoped = SCOPED.get(token.text());
      if (scoped == null) {
        throw unexpected();
      }
      at++;
      return Field.intrinsic(scoped, token.text());
    }
    at++;
    return Field.attribute(
        switch (name.scope()) {
          case "span" -> Scope.SPAN;
          case "resource" -> Scope.RESOURCE;
          case "parent" -> Scope.PARENT;
          case "parent.span" -> Scope.PARENT_SPAN;
          case "parent.resource" -> Scope.PARENT_RESOURCE;
          case "event" -> Scope.EVENT;
          case "link" -> Scope.LINK;
          case "instrumentation" -> Scope.INSTRUMENTATION;
          default -> Scope.ANY;
        },
        name.name(),
        token.text());
  }

  private Value constant() throws TraceQlException {
    Token token = next();
    Value value =
        switch (token.kind()) {
          case STRING -> new Value.Text((String) token.value());
          case INTEGER -> new Value.Number((Long) token.value(), true, false);
          case FLOAT -> new Value.Number((Double) token.value(), false, false);
          case DURATION -> Value.duration((Long) token.value());
          case WORD ->
              switch (token.text()) {
                case "true" -> new Value.Truth(true);
                case "false" -> new Value.Truth(false);
                case "nil" -> Value.NIL;
                case "ok" -> new Value.StatusValue(Span.Status.OK);
                case "error" -> new Value.StatusValue(Span.Status.ERROR);
                case "unset" -> new Value.StatusValue(Span.Status.UNSET);
                case "unspecified" -> new Value.KindValue(Span.Kind.UNSPECIFIED);
                case "internal" -> new Value.KindValue(Span.Kind.INTERNAL);
                case "server" -> new Value.KindValue(Span.Kind.SERVER);
                case "client" -> new Value.KindValue(Span.Kind.CLIENT);
                case "producer" -> new Value.KindValue(Span.Kind.PRODUCER);
                case "consumer" -> new Value.KindValue(Span.Kind.CONSUMER);
                default -> throw unexpected();
              };
          default -> throw unexpected();
        };
    at++;
    return value;
  }
}
