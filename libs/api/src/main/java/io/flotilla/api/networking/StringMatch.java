// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.networking;

import io.flotilla.api.internal.Regexes;
import io.flotilla.api.schema.Field;
import io.flotilla.api.schema.OneOf;
import java.util.Optional;

/** Compares text, case sensitively. With none of the three it only asks that something is there. */
@OneOf({"exact", "prefix", "regex"})
public record StringMatch(
    @Field("The whole text.") Optional<String> exact,
    @Field("How the text begins.") Optional<String> prefix,
    @Field("An RE2 expression that the whole text matches.") Optional<String> regex) {
  public StringMatch {
    regex.ifPresent(text -> Regexes.check(text, "regex"));
  }

  public static StringMatch exact(String text) {
    return new StringMatch(Optional.of(text), Optional.empty(), Optional.empty());
  }

  public static StringMatch prefix(String text) {
    return new StringMatch(Optional.empty(), Optional.of(text), Optional.empty());
  }

  public static StringMatch regex(String text) {
    return new StringMatch(Optional.empty(), Optional.empty(), Optional.of(text));
  }
}
