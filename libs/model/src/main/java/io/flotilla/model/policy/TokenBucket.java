// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.policy;

import io.flotilla.model.Checks;
import java.time.Duration;

/** How much may pass (Envoy: type.v3.TokenBucket). */
public record TokenBucket(long maxTokens, long tokensPerFill, Duration fillInterval) {
  private static final Duration SHORTEST = Duration.ofMillis(50);

  public TokenBucket {
    Checks.require(maxTokens > 0, "a token bucket must hold at least one token");
    Checks.require(tokensPerFill > 0, "a token bucket must be filled by at least one token");
    Checks.require(
        fillInterval.compareTo(SHORTEST) >= 0,
        "a token bucket must be filled at most every 50 ms, but is every " + fillInterval);
  }
}
