// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.promql;

import io.flotilla.telemetry.metric.Labels;
import io.flotilla.telemetry.promql.Expression.Binary;
import io.flotilla.telemetry.promql.Expression.Matching;
import io.flotilla.telemetry.promql.Expression.Operator;
import io.flotilla.telemetry.promql.Value.Sample;
import io.flotilla.telemetry.promql.Value.Scalar;
import io.flotilla.telemetry.promql.Value.Vector;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** Operators between two values (Prometheus documentation, "Operators"). */
final class Operators {
  private Operators() {}

  static Value apply(Binary binary, Value left, Value right) throws PromQlException {
    Operator operator = binary.operator();
    if (left instanceof Scalar(double a)) {
      if (right instanceof Scalar(double b)) {
        return new Scalar(
            operator.isComparison() ? holds(operator, a, b) ? 1 : 0 : number(operator, a, b));
      }
      return withScalar(binary, vector(right), a, true);
    }
    if (right instanceof Scalar(double b)) {
      return withScalar(binary, vector(left), b, false);
    }
    return operator.isSet()
        ? set(binary, vector(left), vector(right))
        : oneToOne(binary, vector(left), vector(right));
  }

  private static Vector vector(Value value) throws PromQlException {
    if (value instanceof Vector v) {
      return v;
    }
    throw PromQlException.badData("an operator cannot take a string");
  }

  private static Vector withScalar(
      Binary binary, Vector vector, double scalar, boolean scalarLeft) {
    Operator operator = binary.operator();
    List<Sample> samples = new ArrayList<>();
    for (Sample sample : vector.samples()) {
      double a = scalarLeft ? scalar : sample.value();
      double b = scalarLeft ? sample.value() : scalar;
      if (!operator.isComparison()) {
        samples.add(new Sample(sample.labels().withoutName(), number(operator, a, b)));
      } else if (binary.bool()) {
        samples.add(new Sample(sample.labels().withoutName(), holds(operator, a, b) ? 1 : 0));
      } else if (holds(operator, a, b)) {
        samples.add(sample);
      }
    }
    return new Vector(samples);
  }

  private static Labels signature(Labels labels, Matching matching) {
    if (matching.on()) {
      return labels.keep(matching.labels());
    }
    Set<String> ignored = new HashSet<>(matching.labels());
    ignored.add(Labels.NAME);
    return labels.drop(ignored);
  }

  private static Vector set(Binary binary, Vector left, Vector right) {
    Matching matching = binary.matching();
    Set<Labels> other = new HashSet<>();
    List<Sample> samples = new ArrayList<>();
    if (binary.operator() == Operator.OR) {
      for (Sample sample : left.samples()) {
        other.add(signature(sample.labels(), matching));
        samples.add(sample);
      }
      for (Sample sample : right.samples()) {
        if (!other.contains(signature(sample.labels(), matching))) {
          samples.add(sample);
        }
      }
      return new Vector(samples);
    }
    right.samples().forEach(s -> other.add(signature(s.labels(), matching)));
    boolean wanted = binary.operator() == Operator.AND;
    for (Sample sample : left.samples()) {
      if (other.contains(signature(sample.labels(), matching)) == wanted) {
        samples.add(sample);
      }
    }
    return new Vector(samples);
  }

  private static Vector oneToOne(Binary binary, Vector left, Vector right) throws PromQlException {
    Operator operator = binary.operator();
    Matching matching = binary.matching();
    Map<Labels, Sample> others = new HashMap<>();
    for (Sample sample : right.samples()) {
      if (others.put(signature(sample.labels(), matching), sample) != null) {
        throw PromQlException.execution(
            "found duplicate series for the match group "
                + signature(sample.labels(), matching)
                + " on the right hand-side of the operation; many-to-many matching not allowed:"
                + " matching labels must be unique on one side");
      }
    }
    Set<Labels> matched = new HashSet<>();
    List<Sample> samples = new ArrayList<>();
    for (Sample sample : left.samples()) {
      Labels signature = signature(sample.labels(), matching);
      Sample other = others.get(signature);
      if (other == null) {
        continue;
      }
      boolean filter = operator.isComparison() && !binary.bool();
      boolean holds = operator.isComparison() && holds(operator, sample.value(), other.value());
      if (filter && !holds) {
        continue;
      }
      if (!matched.add(signature)) {
        throw PromQlException.execution(
            "multiple matches for labels: many-to-one matching must be explicit"
                + " (group_left/group_right)");
      }
      double value =
          filter
              ? sample.value()
              : operator.isComparison()
                  ? holds ? 1 : 0
                  : number(operator, sample.value(), other.value());
      Labels labels = filter ? sample.labels() : sample.labels().withoutName();
      samples.add(
          new Sample(
              matching.on() ? labels.keep(matching.labels()) : labels.drop(matching.labels()),
              value));
    }
    return new Vector(samples);
  }

  private static boolean holds(Operator operator, double a, double b) {
    return switch (operator) {
      case EQUAL -> a == b;
      case NOT_EQUAL -> a != b;
      case LESS -> a < b;
      case LESS_OR_EQUAL -> a <= b;
      case GREATER -> a > b;
      default -> a >= b;
    };
  }

  private static double number(Operator operator, double a, double b) {
    return switch (operator) {
      case ADD -> a + b;
      case SUBTRACT -> a - b;
      case MULTIPLY -> a * b;
      case DIVIDE -> a / b;
      case MODULO -> a % b;
      case POWER -> Math.pow(a, b);
      default -> throw new IllegalArgumentException(operator.text + " gives no number");
    };
  }
}
