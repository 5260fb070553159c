// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate.endpoint;

import io.flotilla.model.address.InternalAddress;
import io.flotilla.model.address.SocketAddress;
import io.flotilla.model.cluster.TransportMatch;
import java.util.Map;
import java.util.Optional;

/**
 * Endpoints that are reached by tunnels of HBONE: by a listener within the proxy that opens one.
 */
public final class TunnelledEndpoints {
  /** The label of workloads that take tunnels; its value is "http". */
  public static final String LABEL = "networking.istio.io/tunnel";

  /** The listener that opens tunnels, and the cluster of their other ends. */
  public static final String ORIGINATE = "connect_originate";

  private TunnelledEndpoints() {}

  static InternalAddress through(SocketAddress endpoint) {
    return new InternalAddress(ORIGINATE, endpoint.toString(), Optional.of(endpoint));
  }

  /** How they are reached, told by their tag. */
  public static TransportMatch transport() {
    return new TransportMatch("hbone", Map.of("tunnel", "http"), Optional.empty()).inside();
  }
}
