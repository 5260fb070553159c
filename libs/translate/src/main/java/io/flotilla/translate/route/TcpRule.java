// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate.route;

import io.flotilla.model.address.CidrRange;
import io.flotilla.model.listener.TcpProxy.Tunnel;
import io.flotilla.model.route.ClusterChoice;
import java.util.List;
import java.util.Optional;

/**
 * Where connections go, by a VirtualService's tcp or tls route.
 *
 * @param serverNames SNI; empty: any
 * @param destinations where the client connected to; empty: any
 * @param tunnel by an HTTP proxy, as the destination's rule says; empty: directly
 */
public record TcpRule(
    List<String> serverNames,
    List<CidrRange> destinations,
    ClusterChoice cluster,
    String source,
    Optional<Tunnel> tunnel) {
  public TcpRule {
    serverNames = List.copyOf(serverNames);
    destinations = List.copyOf(destinations);
  }

  /** Directly. */
  public TcpRule(
      List<String> serverNames,
      List<CidrRange> destinations,
      ClusterChoice cluster,
      String source) {
    this(serverNames, destinations, cluster, source, Optional.empty());
  }

  /** The same by way of {@code other}. */
  public TcpRule through(Optional<Tunnel> other) {
    return new TcpRule(serverNames, destinations, cluster, source, other);
  }

  /** The same for other server names. */
  public TcpRule named(List<String> names) {
    return new TcpRule(names, destinations, cluster, source, tunnel);
  }
}
