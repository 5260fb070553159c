// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate.route;

import io.flotilla.model.address.CidrRange;
import io.flotilla.model.route.ClusterChoice;
import java.util.List;

/**
 * Where connections go, by a VirtualService's tcp or tls route.
 *
 * @param serverNames SNI; empty: any
 * @param destinations where the client connected to; empty: any
 */
public record TcpRule(
    List<String> serverNames, List<CidrRange> destinations, ClusterChoice cluster, String source) {
  public TcpRule {
    serverNames = List.copyOf(serverNames);
    destinations = List.copyOf(destinations);
  }
}
