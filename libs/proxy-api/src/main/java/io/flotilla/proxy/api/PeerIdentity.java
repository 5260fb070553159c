// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.api;

import java.util.Map;

/**
 * Who runs at one end of a connection, as Istio's metrics label it. Unknown fields are "unknown".
 *
 * @param labels of the workload
 */
public record PeerIdentity(
    String name,
    String namespace,
    String workload,
    String canonicalService,
    String canonicalRevision,
    String app,
    String version,
    String cluster,
    String principal,
    Map<String, String> labels) {
  /** Nobody that the mesh knows. */
  public static final PeerIdentity UNKNOWN =
      new PeerIdentity(
          "unknown", "unknown", "unknown", "unknown", "latest", "unknown", "unknown", "unknown",
          "unknown", Map.of());

  public PeerIdentity {
    labels = Map.copyOf(labels);
  }

  /** The same workload under the principal of its certificate. */
  public PeerIdentity withPrincipal(String spiffeId) {
    return new PeerIdentity(
        name,
        namespace,
        workload,
        canonicalService,
        canonicalRevision,
        app,
        version,
        cluster,
        spiffeId,
        labels);
  }
}
