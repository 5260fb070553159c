// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.listener;

import io.flotilla.model.tls.DownstreamTls;
import java.util.List;
import java.util.Optional;

/**
 * What a connection goes through.
 *
 * @param name may be empty
 * @param tls empty: plaintext, or TLS that is passed through
 * @param networkFilters before the terminal one, in order
 */
public record FilterChain(
    String name,
    FilterChainMatch match,
    Optional<DownstreamTls> tls,
    List<NetworkFilter> networkFilters,
    Terminal terminal) {
  public FilterChain {
    networkFilters = List.copyOf(networkFilters);
  }

  /** For every connection, plaintext. */
  public static FilterChain plain(String name, Terminal terminal) {
    return new FilterChain(name, FilterChainMatch.ANY, Optional.empty(), List.of(), terminal);
  }
}
