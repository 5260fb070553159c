// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.internal;

import static io.flotilla.api.InvalidValueException.require;

import io.flotilla.api.InvalidValueException;
import io.flotilla.regex.BoundedRegex;
import io.flotilla.regex.InvalidRegexException;

/** Regular expressions in objects: each is compiled once to see that a proxy can. */
public final class Regexes {
  private static final int LONGEST = 1024;

  private Regexes() {}

  /**
   * Nothing if a proxy takes the expression.
   *
   * @throws InvalidValueException with the reason and the remedy
   */
  public static void check(String regex, String field) {
    require(
        !regex.isEmpty() && regex.length() <= LONGEST,
        field,
        "a regular expression has 1 to 1024 characters");
    try {
      BoundedRegex.compile(regex);
    } catch (InvalidRegexException e) {
      throw new InvalidValueException(field, e.getMessage());
    }
  }
}
