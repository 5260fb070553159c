// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.listener;

import io.flotilla.model.address.CidrRange;
import java.util.List;
import java.util.Optional;

/**
 * Which connections a chain takes; empty fields match all. The most specific chain wins, compared
 * in Envoy's order: destination port, destination address, server name, transport protocol,
 * application protocols, source address, source port.
 *
 * @param serverNames SNI: exact or "*.suffix"
 * @param transportProtocol "tls", "raw_buffer" or empty
 * @param applicationProtocols ALPN, or "http/1.1" and "h2c" as the HTTP inspector saw them
 */
public record FilterChainMatch(
    Optional<Integer> destinationPort,
    List<CidrRange> destinations,
    List<String> serverNames,
    String transportProtocol,
    List<String> applicationProtocols,
    List<CidrRange> sources) {
  public static final FilterChainMatch ANY =
      new FilterChainMatch(Optional.empty(), List.of(), List.of(), "", List.of(), List.of());

  public FilterChainMatch {
    destinations = List.copyOf(destinations);
    serverNames = List.copyOf(serverNames);
    applicationProtocols = List.copyOf(applicationProtocols);
    sources = List.copyOf(sources);
  }
}
