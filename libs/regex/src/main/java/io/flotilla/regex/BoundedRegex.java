// SPDX-License-Identifier: Apache-2.0
package io.flotilla.regex;

import com.google.re2j.Pattern;
import com.google.re2j.PatternSyntaxException;

/** Compiles RE2 expressions that strangers wrote, in bounded memory. */
public final class BoundedRegex {
  /** The longest expression, in characters. */
  public static final int LONGEST = 4_096;

  private static final int SHOWN = 80;

  private BoundedRegex() {}

  /**
   * The pattern.
   *
   * @throws InvalidRegexException if the expression is too long, too large, too deep, or not RE2's
   */
  public static Pattern compile(String regex) {
    return compile(regex, 0);
  }

  /**
   * The pattern.
   *
   * @param flags those of {@link Pattern}
   * @throws InvalidRegexException if the expression is too long, too large, too deep, or not RE2's
   */
  public static Pattern compile(String regex, int flags) {
    if (regex.length() > LONGEST) {
      throw new InvalidRegexException(
          "the regular expression "
              + shown(regex)
              + " has "
              + regex.length()
              + " characters, but may have "
              + LONGEST
              + ": shorten it");
    }
    ProgramSize size = ProgramSize.of(regex, (flags & Pattern.CASE_INSENSITIVE) != 0);
    if (size.depth() > ProgramSize.DEEPEST) {
      throw new InvalidRegexException(
          "the regular expression "
              + shown(regex)
              + " nests more than "
              + ProgramSize.DEEPEST
              + " groups: use fewer parentheses");
    }
    if (size.steps() > ProgramSize.LARGEST) {
      throw new InvalidRegexException(
          "the regular expression "
              + shown(regex)
              + " becomes a program of more than "
              + ProgramSize.LARGEST
              + " steps: lower the counts of its {n,m} repeats");
    }
    if (size.endless()) {
      throw new InvalidRegexException(
          "the regular expression "
              + shown(regex)
              + " ignores the case of U+1C80 to U+1C88, or of a class that may reach over them, for which RE2/J never ends: drop (?i) or these characters");
    }
    try {
      return Pattern.compile(regex, flags);
    } catch (PatternSyntaxException e) {
      throw new InvalidRegexException(
          "the regular expression "
              + shown(regex)
              + " is not RE2's ("
              + e.getDescription()
              + "): correct it, and note that RE2 has no lookaround and no backreferences");
    }
  }

  private static String shown(String regex) {
    return "'" + (regex.length() > SHOWN ? regex.substring(0, SHOWN) + "..." : regex) + "'";
  }
}
