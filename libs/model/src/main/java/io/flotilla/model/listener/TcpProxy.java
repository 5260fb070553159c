// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.listener;

import io.flotilla.model.Checks;
import io.flotilla.model.route.ClusterChoice;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/**
 * Passes bytes on.
 *
 * @param idleTimeout empty: one hour; zero: none
 */
public record TcpProxy(
    String statPrefix,
    ClusterChoice cluster,
    Optional<Duration> idleTimeout,
    List<AccessLog> accessLogs)
    implements Terminal {
  public TcpProxy {
    Checks.notEmpty(statPrefix, "stat prefix of a TCP proxy");
    accessLogs = List.copyOf(accessLogs);
  }
}
