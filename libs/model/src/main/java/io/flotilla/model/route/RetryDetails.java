// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.route;

import io.flotilla.model.Checks;
import io.flotilla.model.match.HeaderMatch;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * What few retry policies say (Envoy: config.route.v3.RetryPolicy).
 *
 * @param omitCanaries whether endpoints whose metadata says "canary" are not wanted for a retry
 * @param omitMetadata endpoints that have all of this metadata are not wanted; empty: all are
 * @param shunPriorities after how many tries, and each time as many were made, the priorities of
 *     endpoints tried are left out; 0: never
 * @param requestHeaders one of which a request must match to be tried again at all; empty: any may
 *     be
 * @param answerHeaders one of which an answer must match for {@link
 *     RetryPolicy.Condition#RETRIABLE_HEADERS}
 * @param rateLimited when an answer says so itself, the pause before the next try
 * @param perTryIdleTimeout the longest that a try may be silent
 */
public record RetryDetails(
    boolean omitCanaries,
    Map<String, Object> omitMetadata,
    int shunPriorities,
    List<HeaderMatch> requestHeaders,
    List<HeaderMatch> answerHeaders,
    Optional<RateLimited> rateLimited,
    Optional<Duration> perTryIdleTimeout) {
  /** Nothing of it. */
  public static final RetryDetails NONE =
      new RetryDetails(
          false, Map.of(), 0, List.of(), List.of(), Optional.empty(), Optional.empty());

  public RetryDetails {
    omitMetadata = Map.copyOf(omitMetadata);
    requestHeaders = List.copyOf(requestHeaders);
    answerHeaders = List.copyOf(answerHeaders);
    Checks.inRange(shunPriorities, 0, Integer.MAX_VALUE, "update frequency of a retry priority");
    perTryIdleTimeout.ifPresent(t -> Checks.notNegative(t, "idle timeout of a try"));
  }

  /**
   * @param headers the first that says a pause counts
   * @param longest a header that says more is passed over
   */
  public record RateLimited(List<ResetHeader> headers, Duration longest) {
    public RateLimited {
      headers = List.copyOf(headers);
      Checks.require(!headers.isEmpty(), "a rate-limited back-off needs at least one header");
    }
  }

  /**
   * @param name in lower case
   * @param timestamp whether it says the second since 1970 to wait for, rather than how many to
   *     wait
   */
  public record ResetHeader(String name, boolean timestamp) {
    public ResetHeader {
      Checks.notEmpty(name, "name of a reset header");
    }
  }
}
