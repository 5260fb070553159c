// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.cluster;

import io.flotilla.model.Checks;
import java.time.Duration;
import java.util.Optional;

/**
 * Upstream connections.
 *
 * @param maxRequestsPerConnection 0: no limit
 * @param idleTimeout empty: one hour (Envoy's default); zero: none
 * @param maxConcurrentStreams of HTTP/2; 0: the peer's limit
 * @param maxDuration how old a connection may be before it takes no more requests; empty: no limit
 */
public record ConnectionSettings(
    int maxRequestsPerConnection,
    Optional<Duration> idleTimeout,
    int maxConcurrentStreams,
    Optional<TcpKeepalive> tcpKeepalive,
    Optional<Duration> maxDuration) {
  public static final ConnectionSettings DEFAULT =
      new ConnectionSettings(0, Optional.empty(), 0, Optional.empty());

  public ConnectionSettings {
    maxDuration.ifPresent(d -> Checks.notNegative(d, "greatest age of upstream connections"));
  }

  /** Of any age. */
  public ConnectionSettings(
      int maxRequestsPerConnection,
      Optional<Duration> idleTimeout,
      int maxConcurrentStreams,
      Optional<TcpKeepalive> tcpKeepalive) {
    this(
        maxRequestsPerConnection,
        idleTimeout,
        maxConcurrentStreams,
        tcpKeepalive,
        Optional.empty());
  }

  /** Zero fields: the system's defaults. */
  public record TcpKeepalive(int probes, int timeSeconds, int intervalSeconds) {}
}
