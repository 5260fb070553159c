// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.cluster;

import io.flotilla.model.Checks;
import java.util.Optional;

/**
 * Limits beyond which a cluster refuses work at once (Envoy documentation, "Circuit breaking").
 *
 * @param usual for requests of the usual priority
 * @param high for requests that their route says to be of high priority; counted by themselves
 */
public record CircuitBreakers(Limits usual, Limits high) {
  /** What Istio sends unless a DestinationRule says otherwise. */
  public static final CircuitBreakers UNLIMITED =
      new CircuitBreakers(Long.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE);

  /** For the usual priority; Envoy's own for the high one. */
  public CircuitBreakers(
      long maxConnections, long maxPendingRequests, long maxRequests, long maxRetries) {
    this(
        new Limits(
            maxConnections, maxPendingRequests, maxRequests, maxRetries, Optional.empty(), false),
        Limits.ENVOYS);
  }

  /** Those of a request. */
  public Limits of(boolean highPriority) {
    return highPriority ? high : usual;
  }

  /**
   * {@link Long#MAX_VALUE}: none.
   *
   * @param maxPendingRequests that wait for a connection
   * @param maxRequests under way at one time
   * @param maxRetries under way at one time
   * @param retryBudget in place of {@code maxRetries}
   * @param trackRemaining whether statistics tell how much is left
   */
  public record Limits(
      long maxConnections,
      long maxPendingRequests,
      long maxRequests,
      long maxRetries,
      Optional<RetryBudget> retryBudget,
      boolean trackRemaining) {
    /** Envoy's, where nobody says anything. */
    public static final Limits ENVOYS = new Limits(1024, 1024, 1024, 3, Optional.empty(), false);
  }

  /**
   * How many retries may be under way at one time.
   *
   * @param percent of the requests that are under way or wait for a connection
   * @param minimum that may be, however few requests there are
   */
  public record RetryBudget(double percent, long minimum) {
    public RetryBudget {
      Checks.require(
          percent >= 0 && percent <= 100,
          "the percentage of a retry budget must be 0 to 100, but is " + percent);
      Checks.require(
          minimum >= 0,
          "the least retries of a retry budget must be 0 or more, but are " + minimum);
    }
  }
}
