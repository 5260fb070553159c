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
 * @param tunnel how bytes travel within HTTP; empty: as they are
 */
public record TcpProxy(
    String statPrefix,
    ClusterChoice cluster,
    Optional<Duration> idleTimeout,
    List<AccessLog> accessLogs,
    Optional<Tunnel> tunnel)
    implements Terminal {
  public TcpProxy {
    Checks.notEmpty(statPrefix, "stat prefix of a TCP proxy");
    accessLogs = List.copyOf(accessLogs);
  }

  /** Without a tunnel. */
  public TcpProxy(
      String statPrefix,
      ClusterChoice cluster,
      Optional<Duration> idleTimeout,
      List<AccessLog> accessLogs) {
    this(statPrefix, cluster, idleTimeout, accessLogs, Optional.empty());
  }

  /** The same by way of an HTTP proxy. */
  public TcpProxy through(Tunnel way) {
    return new TcpProxy(statPrefix, cluster, idleTimeout, accessLogs, Optional.of(way));
  }

  /**
   * A request to each upstream connection or stream, whose answer begins the tunnel (Envoy:
   * TcpProxy.TunnelingConfig).
   *
   * @param target "host:port" that the upstream is asked for, or {@link #DESTINATION}
   * @param post by POST, the target being the authority; else by CONNECT
   */
  public record Tunnel(String target, boolean post) {
    /** Where the connection meant to go. */
    public static final String DESTINATION = "%DOWNSTREAM_LOCAL_ADDRESS%";

    public Tunnel {
      Checks.notEmpty(target, "target of a tunnel");
    }
  }
}
