// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.networking;

import io.flotilla.api.internal.Regexes;
import io.flotilla.api.schema.Field;
import java.util.Optional;

/** Changes a request before it is sent on. */
public record HttpRewrite(
    @Field("The new path, or the new prefix where the match is a prefix.") Optional<String> uri,
    @Field("The new authority.") Optional<String> authority,
    @Field("A change of the path by regular expression.") Optional<RegexRewrite> uriRegexRewrite) {

  /** Replaces what an RE2 expression matches. */
  public record RegexRewrite(
      @Field("The RE2 expression.") Optional<String> match,
      @Field("The replacement, with \\1 for groups.") Optional<String> rewrite) {
    public RegexRewrite {
      match.filter(m -> !m.isEmpty()).ifPresent(m -> Regexes.check(m, "match"));
    }
  }
}
