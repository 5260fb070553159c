// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.server;

import io.flotilla.model.endpoint.Locality;
import io.flotilla.model.node.ProxyNode;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The client of a stream, as its node says, and who its certificate says it is.
 *
 * @param metadata as decoded from the node's Struct
 * @param extensions names of the node's extensions; empty: not told
 * @param spiffeId of its certificate; empty on a plaintext port
 * @param remoteAddress "host:port"
 */
public record Peer(
    String nodeId,
    String nodeCluster,
    Locality locality,
    String userAgent,
    Map<String, Object> metadata,
    Set<String> extensions,
    Optional<String> spiffeId,
    String remoteAddress,
    boolean delta) {

  public Peer {
    metadata = Map.copyOf(metadata);
    extensions = Set.copyOf(extensions);
  }

  /**
   * The node as a proxy's.
   *
   * @throws io.flotilla.model.InvalidModelException if its id is not of Istio's form
   */
  public ProxyNode proxy() {
    return ProxyNode.parse(nodeId, nodeCluster, locality, userAgent, metadata, extensions);
  }
}
