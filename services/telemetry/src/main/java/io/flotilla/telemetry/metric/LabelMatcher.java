// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.metric;

import com.google.re2j.Pattern;
import io.flotilla.regex.BoundedRegex;
import io.flotilla.regex.InvalidRegexException;
import org.jspecify.annotations.Nullable;

/**
 * One condition on a label. Expressions are RE2's, on the whole value; a missing label is empty.
 */
public final class LabelMatcher {
  private static final int LONGEST_EXPRESSION = 4_096;

  /** How a value is compared. */
  public enum Kind {
    EQUAL,
    NOT_EQUAL,
    MATCHES,
    NOT_MATCHES
  }

  private final String label;
  private final Kind kind;
  private final String value;
  private final @Nullable Pattern expression;

  /**
   * A condition.
   *
   * @throws IllegalArgumentException if the expression is not RE2's, or very long
   */
  public LabelMatcher(String label, Kind kind, String value) {
    this.label = label;
    this.kind = kind;
    this.value = value;
    this.expression =
        kind == Kind.MATCHES || kind == Kind.NOT_MATCHES ? compile(label, value) : null;
  }

  private static Pattern compile(String label, String value) {
    if (value.length() > LONGEST_EXPRESSION) {
      throw new IllegalArgumentException(
          "the expression for label '" + label + "' is longer than " + LONGEST_EXPRESSION);
    }
    try {
      return BoundedRegex.compile(value, Pattern.DOTALL);
    } catch (InvalidRegexException e) {
      throw new IllegalArgumentException(
          "the expression for label '" + label + "' is wrong: " + e.getMessage(), e);
    }
  }

  /** The label that is looked at. */
  public String label() {
    return label;
  }

  /** How it is compared. */
  public Kind kind() {
    return kind;
  }

  /** With what. */
  public String value() {
    return value;
  }

  /** Whether a series with these labels fits. */
  public boolean matches(Labels labels) {
    return matches(labels.get(label));
  }

  /** Whether the value fits. */
  public boolean matches(String actual) {
    return switch (kind) {
      case EQUAL -> actual.equals(value);
      case NOT_EQUAL -> !actual.equals(value);
      case MATCHES -> expression != null && expression.matches(actual);
      case NOT_MATCHES -> expression != null && !expression.matches(actual);
    };
  }
}
