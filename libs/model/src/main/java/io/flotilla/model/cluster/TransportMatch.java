// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.cluster;

import io.flotilla.model.tls.UpstreamTls;
import java.util.Map;
import java.util.Optional;

/**
 * A way to reach endpoints that carry certain tags (Envoy: transport_socket_matches).
 *
 * @param endpointTags all of these must equal the endpoint's ("tlsMode" to "istio"); empty fits all
 * @param tls empty: plaintext
 * @param proxyHeader the PROXY protocol's header that goes ahead of all else, of TLS too; empty:
 *     none
 */
public record TransportMatch(
    String name,
    Map<String, String> endpointTags,
    Optional<UpstreamTls> tls,
    Optional<ProxyHeader> proxyHeader) {
  public TransportMatch {
    endpointTags = Map.copyOf(endpointTags);
  }

  /** Without a header. */
  public TransportMatch(String name, Map<String, String> endpointTags, Optional<UpstreamTls> tls) {
    this(name, endpointTags, tls, Optional.empty());
  }

  /** The same behind a header. */
  public TransportMatch behind(ProxyHeader header) {
    return new TransportMatch(name, endpointTags, tls, Optional.of(header));
  }

  /** The form of the header that tells who the client is: text or binary. */
  public enum ProxyHeader {
    V1,
    V2
  }
}
