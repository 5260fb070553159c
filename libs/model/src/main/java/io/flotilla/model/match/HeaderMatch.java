// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.match;

import io.flotilla.model.Checks;
import java.util.Locale;
import java.util.Optional;

/**
 * A predicate over one header (Envoy: config.route.v3.HeaderMatcher).
 *
 * @param name lower case; pseudo headers as ":authority", ":method", ":path", ":scheme"
 * @param value what the value must satisfy; empty: the header must be present
 * @param invert the result is negated
 * @param absentIsEmpty an absent header counts as the empty string instead of as no match
 */
public record HeaderMatch(
    String name, Optional<StringMatch> value, boolean invert, boolean absentIsEmpty) {
  public HeaderMatch {
    Checks.notEmpty(name, "name of a header match");
    name = name.toLowerCase(Locale.ROOT);
  }

  /** The header is there and satisfies {@code match}. */
  public static HeaderMatch of(String name, StringMatch match) {
    return new HeaderMatch(name, Optional.of(match), false, false);
  }

  /** The header is there. */
  public static HeaderMatch present(String name) {
    return new HeaderMatch(name, Optional.empty(), false, false);
  }
}
