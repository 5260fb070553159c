// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.networking;

import io.flotilla.api.schema.Field;
import io.flotilla.api.schema.Rule;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Cross-origin resource sharing. */
public record CorsPolicy(
    @Field("Deprecated: use allowOrigins.") List<String> allowOrigin,
    @Field("Origins that may call.") List<StringMatch> allowOrigins,
    @Field("Methods that may be used.") List<String> allowMethods,
    @Field("Request headers that may be used.") List<String> allowHeaders,
    @Field("Response headers that a script may read.") List<String> exposeHeaders,
    @Field(value = "How long a preflight's answer may be kept.", rules = Rule.AT_LEAST_1MS)
        Optional<Duration> maxAge,
    @Field(value = "Whether credentials may be sent.", nullable = true)
        Optional<Boolean> allowCredentials,
    @Field("What becomes of preflights from other origins.")
        Optional<UnmatchedPreflights> unmatchedPreflights) {

  /** What becomes of a preflight that no origin matches. */
  public enum UnmatchedPreflights {
    UNSPECIFIED,
    FORWARD,
    IGNORE
  }
}
