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
 */
public record TransportMatch(
    String name, Map<String, String> endpointTags, Optional<UpstreamTls> tls) {
  public TransportMatch {
    endpointTags = Map.copyOf(endpointTags);
  }
}
