// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.promql;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import io.flotilla.regex.BoundedRegex;
import io.flotilla.regex.InvalidRegexException;
import io.flotilla.telemetry.metric.Labels;
import io.flotilla.telemetry.metric.SeriesSlice;
import io.flotilla.telemetry.metric.SeriesSource;
import io.flotilla.telemetry.promql.Expression.Aggregation;
import io.flotilla.telemetry.promql.Expression.Call;
import io.flotilla.telemetry.promql.Expression.Function;
import io.flotilla.telemetry.promql.Expression.MatrixSelector;
import io.flotilla.telemetry.promql.Expression.NumberLiteral;
import io.flotilla.telemetry.promql.Expression.StringLiteral;
import io.flotilla.telemetry.promql.Expression.VectorSelector;
import io.flotilla.telemetry.promql.Value.Sample;
import io.flotilla.telemetry.promql.Value.Scalar;
import io.flotilla.telemetry.promql.Value.Text;
import io.flotilla.telemetry.promql.Value.Vector;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.DoubleUnaryOperator;
import org.jspecify.annotations.Nullable;

/**
 * One query over one stretch of time: series are fetched once, then the expression is evaluated at
 * any number of moments. Used by one thread.
 */
final class Evaluation {
  /** How old the latest sample of a series may be, as Prometheus' default. */
  static final long LOOKBACK_MILLIS = 5 * 60_000;

  private static final long MOST_SAMPLES = 20_000_000;

  private final Expression expression;
  private final Map<VectorSelector, List<SeriesSlice>> series = new IdentityHashMap<>();
  private long visited;

  Evaluation(SeriesSource source, Expression expression, long startMillis, long endMillis)
      throws PromQlException {
    this.expression = expression;
    fetch(source, expression, startMillis, endMillis);
  }

  private void fetch(SeriesSource source, Expression of, long start, long end)
      throws PromQlException {
    switch (of) {
      case NumberLiteral n -> {}
      case StringLiteral s -> {}
      case VectorSelector v -> fetch(source, v, start, end, LOOKBACK_MILLIS);
      case MatrixSelector m -> fetch(source, m.vector(), start, end, m.rangeMillis());
      case Expression.Negation n -> fetch(source, n.operand(), start, end);
      case Expression.Binary b -> {
        fetch(source, b.left(), start, end);
        fetch(source, b.right(), start, end);
      }
      case Aggregation a -> {
        fetch(source, a.operand(), start, end);
        if (a.parameter() != null) {
          fetch(source, a.parameter(), start, end);
        }
      }
      case Call c -> {
        for (Expression argument : c.arguments()) {
          fetch(source, argument, start, end);
        }
      }
    }
  }

  private void fetch(SeriesSource source, VectorSelector vector, long start, long end, long back)
      throws PromQlException {
    List<SeriesSlice> found =
        source.select(
            vector.matchers(), start - vector.offsetMillis() - back, end - vector.offsetMillis());
    for (SeriesSlice slice : found) {
      visit(slice.times().length);
    }
    series.put(vector, found);
  }

  private void visit(int samples) throws PromQlException {
    visited += samples;
    if (visited > MOST_SAMPLES) {
      throw PromQlException.execution(
          "query processing would load too many samples into memory in query execution");
    }
  }

  Value at(long time) throws PromQlException {
    return eval(expression, time);
  }

  private Value eval(Expression of, long time) throws PromQlException {
    return switch (of) {
      case NumberLiteral(double value) -> new Scalar(value);
      case StringLiteral(String value) -> new Text(value);
      case VectorSelector v -> latest(v, time);
      case MatrixSelector m ->
          throw PromQlException.badData("a range vector stands where no function takes it");
      case Expression.Negation(Expression operand) ->
          switch (eval(operand, time)) {
            case Scalar(double value) -> new Scalar(-value);
            case Vector v -> map(v, x -> -x);
            case Text t -> throw PromQlException.badData("a string cannot be negated");
          };
      case Expression.Binary b -> Operators.apply(b, eval(b.left(), time), eval(b.right(), time));
      case Aggregation a -> aggregate(a, time);
      case Call c -> call(c, time);
    };
  }

  private List<SeriesSlice> fetched(VectorSelector vector) {
    List<SeriesSlice> found = series.get(vector);
    return found == null ? List.of() : found;
  }

  private Vector latest(VectorSelector vector, long time) throws PromQlException {
    long reference = time - vector.offsetMillis();
    List<Sample> samples = new ArrayList<>();
    for (SeriesSlice slice : fetched(vector)) {
      visit(1);
      int at = upTo(slice.times(), reference) - 1;
      if (at >= 0
          && slice.times()[at] > reference - LOOKBACK_MILLIS
          && !SeriesSlice.isStale(slice.values()[at])) {
        samples.add(new Sample(slice.labels(), slice.values()[at]));
      }
    }
    return new Vector(samples);
  }

  /** How many of the times are at most {@code time}. */
  private static int upTo(long[] times, long time) {
    int at = Arrays.binarySearch(times, time);
    return at >= 0 ? at + 1 : -at - 1;
  }

  private Vector overRange(Function function, MatrixSelector matrix, long time)
      throws PromQlException {
    long end = time - matrix.vector().offsetMillis();
    long start = end - matrix.rangeMillis();
    List<Sample> samples = new ArrayList<>();
    for (SeriesSlice slice : fetched(matrix.vector())) {
      int from = upTo(slice.times(), start - 1);
      int to = upTo(slice.times(), end);
      visit(to - from);
      long[] times = new long[to - from];
      double[] values = new double[to - from];
      int count = 0;
      for (int i = from; i < to; i++) {
        if (!SeriesSlice.isStale(slice.values()[i])) {
          times[count] = slice.times()[i];
          values[count++] = slice.values()[i];
        }
      }
      if (count > 0) {
        Double value = RangeFunctions.apply(function, times, values, 0, count, start, end);
        if (value != null) {
          Labels labels =
              function == Function.LAST_OVER_TIME ? slice.labels() : slice.labels().withoutName();
          samples.add(new Sample(labels, value));
        }
      }
    }
    return distinct(samples);
  }

  /** Two series that differ in name only cannot both be in a result without names. */
  private static Vector distinct(List<Sample> samples) throws PromQlException {
    Set<Labels> seen = new HashSet<>();
    for (Sample sample : samples) {
      if (!seen.add(sample.labels())) {
        throw PromQlException.execution("vector cannot contain metrics with the same labelset");
      }
    }
    return new Vector(samples);
  }

  private Value call(Call call, long time) throws PromQlException {
    Function function = call.function();
    List<Expression> arguments = call.arguments();
    if (!arguments.isEmpty() && arguments.getFirst() instanceof MatrixSelector matrix) {
      return overRange(function, matrix, time);
    }
    return switch (function) {
      case TIME -> new Scalar(time / 1000.0);
      case VECTOR -> new Vector(List.of(new Sample(Labels.NONE, scalar(arguments, 0, time))));
      case SCALAR -> {
        List<Sample> samples = vector(arguments, 0, time).samples();
        yield new Scalar(samples.size() == 1 ? samples.getFirst().value() : Double.NaN);
      }
      case HISTOGRAM_QUANTILE -> quantiles(scalar(arguments, 0, time), vector(arguments, 1, time));
      case ABS -> map(vector(arguments, 0, time), Math::abs);
      case CEIL -> map(vector(arguments, 0, time), Math::ceil);
      case FLOOR -> map(vector(arguments, 0, time), Math::floor);
      case SQRT -> map(vector(arguments, 0, time), Math::sqrt);
      case ROUND -> {
        double inverse = 1 / (arguments.size() == 2 ? scalar(arguments, 1, time) : 1);
        yield map(vector(arguments, 0, time), x -> Math.floor(x * inverse + 0.5) / inverse);
      }
      case CLAMP_MIN -> {
        double least = scalar(arguments, 1, time);
        yield map(vector(arguments, 0, time), x -> Math.max(least, x));
      }
      case CLAMP_MAX -> {
        double most = scalar(arguments, 1, time);
        yield map(vector(arguments, 0, time), x -> Math.min(most, x));
      }
      case SORT -> sorted(vector(arguments, 0, time), Comparator.comparingDouble(Sample::value));
      case SORT_DESC ->
          sorted(vector(arguments, 0, time), Comparator.comparingDouble(Sample::value).reversed());
      case LABEL_REPLACE -> labelReplace(arguments, time);
      default -> throw PromQlException.unsupported("the function " + function);
    };
  }

  private double scalar(List<Expression> arguments, int i, long time) throws PromQlException {
    return eval(arguments.get(i), time) instanceof Scalar(double value) ? value : Double.NaN;
  }

  private Vector vector(List<Expression> arguments, int i, long time) throws PromQlException {
    return eval(arguments.get(i), time) instanceof Vector v ? v : new Vector(List.of());
  }

  private static Vector map(Vector vector, DoubleUnaryOperator function) throws PromQlException {
    List<Sample> mapped = new ArrayList<>(vector.samples().size());
    for (Sample sample : vector.samples()) {
      mapped.add(new Sample(sample.labels().withoutName(), function.applyAsDouble(sample.value())));
    }
    return distinct(mapped);
  }

  private static Vector sorted(Vector vector, Comparator<Sample> order) {
    List<Sample> sorted = new ArrayList<>(vector.samples());
    sorted.sort(order);
    return new Vector(sorted);
  }

  private static Vector quantiles(double q, Vector buckets) {
    Map<Labels, List<Histograms.Bucket>> histograms = new LinkedHashMap<>();
    Set<String> notOfTheHistogram = Set.of(Labels.NAME, "le");
    for (Sample sample : buckets.samples()) {
      double bound = bound(sample.labels().get("le"));
      if (!Double.isNaN(bound)) {
        histograms
            .computeIfAbsent(sample.labels().drop(notOfTheHistogram), l -> new ArrayList<>())
            .add(new Histograms.Bucket(bound, sample.value()));
      }
    }
    List<Sample> quantiles = new ArrayList<>(histograms.size());
    histograms.forEach((l, h) -> quantiles.add(new Sample(l, Histograms.quantile(q, h))));
    return new Vector(quantiles);
  }

  private static double bound(String le) {
    try {
      return le.equals("+Inf") ? Double.POSITIVE_INFINITY : Double.parseDouble(le);
    } catch (NumberFormatException e) {
      return Double.NaN;
    }
  }

  private Vector labelReplace(List<Expression> arguments, long time) throws PromQlException {
    String[] text = new String[5];
    for (int i = 1; i < 5; i++) {
      text[i] = eval(arguments.get(i), time) instanceof Text(String value) ? value : "";
    }
    Pattern pattern;
    try {
      pattern = BoundedRegex.compile(text[4], Pattern.DOTALL);
    } catch (InvalidRegexException e) {
      throw PromQlException.badData(
          "invalid regular expression in label_replace(): " + e.getMessage());
    }
    List<Sample> replaced = new ArrayList<>();
    for (Sample sample : vector(arguments, 0, time).samples()) {
      Matcher matcher = pattern.matcher(sample.labels().get(text[3]));
      replaced.add(
          matcher.matches()
              ? new Sample(sample.labels().with(text[1], expand(text[2], matcher)), sample.value())
              : sample);
    }
    return distinct(replaced);
  }

  /** Go's expansion: $1, ${1}, $name. */
  private static String expand(String template, Matcher matcher) {
    StringBuilder text = new StringBuilder();
    int at = 0;
    while (at < template.length()) {
      char c = template.charAt(at);
      if (c != '$' || at + 1 >= template.length()) {
        text.append(c);
        at++;
        continue;
      }
      boolean braced = template.charAt(at + 1) == '{';
      int from = at + (braced ? 2 : 1);
      int to = from;
      while (to < template.length()
          && (Character.isLetterOrDigit(template.charAt(to)) || template.charAt(to) == '_')) {
        to++;
      }
      String group = template.substring(from, to);
      text.append(group(group, matcher));
      at = braced && to < template.length() && template.charAt(to) == '}' ? to + 1 : to;
      if (group.isEmpty() && !braced) {
        text.append('$');
      }
    }
    return text.toString();
  }

  private static String group(String name, Matcher matcher) {
    try {
      String group =
          !name.isEmpty() && name.chars().allMatch(Character::isDigit)
              ? matcher.group(Integer.parseInt(name))
              : matcher.group(name);
      return group == null ? "" : group;
    } catch (IllegalArgumentException | IndexOutOfBoundsException e) {
      return "";
    }
  }

  private Vector aggregate(Aggregation aggregation, long time) throws PromQlException {
    List<Sample> samples =
        eval(aggregation.operand(), time) instanceof Vector v ? v.samples() : List.of();
    Set<String> labels = aggregation.labels();
    Set<String> dropped = new HashSet<>(labels);
    dropped.add(Labels.NAME);
    Map<Labels, List<Sample>> groups = new HashMap<>();
    for (Sample sample : samples) {
      Labels group =
          aggregation.without() ? sample.labels().drop(dropped) : sample.labels().keep(labels);
      groups.computeIfAbsent(group, g -> new ArrayList<>()).add(sample);
    }
    List<Sample> result = new ArrayList<>(groups.size());
    @Nullable Expression parameter = aggregation.parameter();
    if (parameter != null) {
      double k = eval(parameter, time) instanceof Scalar(double value) ? value : Double.NaN;
      Comparator<Sample> order = Comparator.comparingDouble(Sample::value);
      if (aggregation.kind() == Aggregation.Kind.TOPK) {
        order = order.reversed();
      }
      for (List<Sample> group : groups.values()) {
        group.stream().sorted(order).limit(Math.max(0, (long) k)).forEach(result::add);
      }
      return new Vector(result);
    }
    groups.forEach((g, s) -> result.add(new Sample(g, one(aggregation.kind(), s))));
    result.sort(Comparator.comparing(Sample::labels));
    return new Vector(result);
  }

  private static double one(Aggregation.Kind kind, List<Sample> group) {
    double result =
        switch (kind) {
          case COUNT -> group.size();
          case GROUP -> 1;
          default -> group.getFirst().value();
        };
    for (int i = 1; i < group.size(); i++) {
      double value = group.get(i).value();
      switch (kind) {
        case SUM, AVG -> result += value;
        case MIN -> result = Double.isNaN(result) || value < result ? value : result;
        case MAX -> result = Double.isNaN(result) || value > result ? value : result;
        default -> {
          return result;
        }
      }
    }
    return kind == Aggregation.Kind.AVG ? result / group.size() : result;
  }
}
