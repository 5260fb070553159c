// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.cluster;

/**
 * Limits beyond which a cluster refuses work at once. {@link Long#MAX_VALUE}: none.
 *
 * @param maxRetries retries under way at one time
 */
public record CircuitBreakers(
    long maxConnections, long maxPendingRequests, long maxRequests, long maxRetries) {
  /** What Istio sends unless a DestinationRule says otherwise. */
  public static final CircuitBreakers UNLIMITED =
      new CircuitBreakers(Long.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE, Long.MAX_VALUE);
}
