// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.match;

import io.flotilla.model.Checks;
import java.util.List;

/** A predicate over a value of metadata (Envoy: type.matcher.v3.ValueMatcher). */
public sealed interface ValueMatch {

  /** A string that satisfies the match. */
  record Text(StringMatch match) implements ValueMatch {}

  /** A number that is equal. */
  record Number(double value) implements ValueMatch {}

  /** A boolean that is equal. */
  record Bool(boolean value) implements ValueMatch {}

  /** JSON's null. */
  record Null() implements ValueMatch {}

  /** Any value at all. */
  record Present() implements ValueMatch {}

  /** A list, one of whose elements satisfies the match. */
  record OneOf(ValueMatch element) implements ValueMatch {}

  /** One of these is satisfied. */
  record Any(List<ValueMatch> matches) implements ValueMatch {
    public Any {
      matches = List.copyOf(matches);
      Checks.require(!matches.isEmpty(), "an alternative of value matches must hold at least one");
    }
  }
}
