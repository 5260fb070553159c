// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.format;

import io.flotilla.model.InvalidModelException;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * A text with command operators, "%REQ(X?Y):Z%" and the like; "%%" is a percent sign.
 *
 * @param text as it was written
 * @param parts what it consists of, in order; neighbouring literals are one
 */
public record FormatString(String text, List<Part> parts) {
  private static final Pattern COMMAND =
      Pattern.compile("%([A-Z0-9_]+)(?:\\((.*?)\\))?(?::([0-9]+))?%", Pattern.DOTALL);
  private static final int MAX_TEXT = 1 << 16;

  public FormatString {
    parts = List.copyOf(parts);
  }

  /** A piece of the text. */
  public sealed interface Part {
    /** Stands for itself. */
    record Literal(String text) implements Part {}

    /**
     * Is replaced by a value.
     *
     * @param argument what is in the parentheses; empty without them
     * @param maxLength to which the value is cut; {@link Integer#MAX_VALUE} if it is not
     */
    record Command(Operator operator, String argument, int maxLength) implements Part {}
  }

  /**
   * Reads a text.
   *
   * @throws InvalidModelException naming what cannot be understood
   */
  public static FormatString parse(String text) {
    if (text.length() > MAX_TEXT) {
      throw new InvalidModelException(
          "a format must have at most " + MAX_TEXT + " characters, but has " + text.length());
    }
    List<Part> parts = new ArrayList<>();
    StringBuilder literal = new StringBuilder();
    Matcher matcher = COMMAND.matcher(text);
    int at = 0;
    while (at < text.length()) {
      char c = text.charAt(at);
      if (c != '%') {
        literal.append(c);
        at++;
      } else if (text.startsWith("%%", at)) {
        literal.append('%');
        at += 2;
      } else if (matcher.region(at, text.length()).lookingAt()) {
        if (!literal.isEmpty()) {
          parts.add(new Part.Literal(literal.toString()));
          literal.setLength(0);
        }
        parts.add(command(matcher));
        at = matcher.end();
      } else {
        throw new InvalidModelException(
            "the format '"
                + text.strip()
                + "' has no command operator at its position "
                + at
                + "; a percent sign is written %%");
      }
    }
    if (!literal.isEmpty()) {
      parts.add(new Part.Literal(literal.toString()));
    }
    return new FormatString(text, parts);
  }

  private static Part.Command command(Matcher matcher) {
    String name = matcher.group(1);
    Operator operator =
        Operator.named(name)
            .orElseThrow(
                () ->
                    new InvalidModelException(
                        "the command operator %" + name + "% of a format is not known"));
    String argument = matcher.group(2) == null ? "" : matcher.group(2);
    String length = matcher.group(3);
    operator.check(argument, length != null);
    return new Part.Command(operator, argument, length == null ? Integer.MAX_VALUE : limit(length));
  }

  private static int limit(String digits) {
    try {
      return Integer.parseInt(digits);
    } catch (NumberFormatException tooLong) {
      return Integer.MAX_VALUE;
    }
  }

  /** The operators among its parts. */
  public Set<Operator> operators() {
    Set<Operator> out = EnumSet.noneOf(Operator.class);
    for (Part part : parts) {
      if (part instanceof Part.Command c) {
        out.add(c.operator());
      }
    }
    return out;
  }
}
