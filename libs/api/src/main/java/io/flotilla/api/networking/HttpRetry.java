// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.networking;

import static io.flotilla.api.InvalidValueException.require;

import io.flotilla.api.schema.Field;
import io.flotilla.api.schema.Rule;
import java.time.Duration;
import java.util.Optional;

/** When and how often a request is tried again. */
public record HttpRetry(
    @Field("How many further tries; 0 switches retries off.") Optional<Integer> attempts,
    @Field(value = "How long each try may take.", rules = Rule.AT_LEAST_1MS)
        Optional<Duration> perTryTimeout,
    @Field("Conditions, comma separated: names of Envoy's retry policies or status codes.")
        Optional<String> retryOn,
    @Field(value = "Whether other localities are tried too.", nullable = true)
        Optional<Boolean> retryRemoteLocalities,
    @Field(value = "Whether hosts that were tried are left out; true if absent.", nullable = true)
        Optional<Boolean> retryIgnorePreviousHosts,
    @Field(value = "The shortest wait between tries; 25ms if absent.", rules = Rule.AT_LEAST_1MS)
        Optional<Duration> backoff) {
  public HttpRetry {
    attempts.ifPresent(
        a -> require(a >= 0, "attempts", "the number of attempts is not negative, but is " + a));
    require(
        attempts.orElse(1) != 0 || (perTryTimeout.isEmpty() && retryOn.isEmpty()),
        "attempts",
        "retries are switched off by attempts 0, so perTryTimeout and retryOn have no meaning: remove them");
  }
}
