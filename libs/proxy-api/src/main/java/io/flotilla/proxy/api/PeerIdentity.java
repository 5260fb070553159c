// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.api;

import io.flotilla.model.endpoint.Endpoint;
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

  /** What the configuration says of the workload behind an endpoint; its principal is not known. */
  public static PeerIdentity of(Endpoint.WorkloadRef workload) {
    return new PeerIdentity(
        workload.name(),
        workload.namespace(),
        workload.name(),
        workload.canonicalService(),
        workload.canonicalRevision(),
        workload.canonicalService(),
        workload.canonicalRevision(),
        workload.cluster(),
        "unknown",
        Map.of());
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
