// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.match;

import io.flotilla.model.Checks;

/** A predicate over a string (Envoy: type.matcher.v3.StringMatcher). */
public sealed interface StringMatch {

  /** Equal. */
  record Exact(String value, boolean ignoreCase) implements StringMatch {}

  /** Starts with. */
  record Prefix(String value, boolean ignoreCase) implements StringMatch {
    public Prefix {
      Checks.notEmpty(value, "prefix of a string match");
    }
  }

  /** Ends with. */
  record Suffix(String value, boolean ignoreCase) implements StringMatch {
    public Suffix {
      Checks.notEmpty(value, "suffix of a string match");
    }
  }

  /** Contains. */
  record Contains(String value, boolean ignoreCase) implements StringMatch {
    public Contains {
      Checks.notEmpty(value, "substring of a string match");
    }
  }

  /** The whole string matches an RE2 expression. */
  record Regex(String regex) implements StringMatch {
    public Regex {
      Checks.notEmpty(regex, "regex of a string match");
    }
  }

  /** Case-sensitive equality. */
  static StringMatch exact(String value) {
    return new Exact(value, false);
  }

  /** Case-sensitive prefix. */
  static StringMatch prefix(String value) {
    return new Prefix(value, false);
  }
}
