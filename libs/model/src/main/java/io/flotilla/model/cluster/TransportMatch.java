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
 * @param internal to listeners of the proxy itself, which learn where the connection means to go
 */
public record TransportMatch(
    String name,
    Map<String, String> endpointTags,
    Optional<UpstreamTls> tls,
    Optional<ProxyHeader> proxyHeader,
    boolean internal) {
  public TransportMatch {
    endpointTags = Map.copyOf(endpointTags);
  }

  /** Without a header. */
  public TransportMatch(String name, Map<String, String> endpointTags, Optional<UpstreamTls> tls) {
    this(name, endpointTags, tls, Optional.empty(), false);
  }

  /** The same behind a header. */
  public TransportMatch behind(ProxyHeader header) {
    return new TransportMatch(name, endpointTags, tls, Optional.of(header), internal);
  }

  /** The same within the process. */
  public TransportMatch inside() {
    return new TransportMatch(name, endpointTags, tls, proxyHeader, true);
  }

  /** The form of the header that tells who the client is: text or binary. */
  public enum ProxyHeader {
    V1,
    V2
  }
}
