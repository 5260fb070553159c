// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.endpoint;

import io.flotilla.model.Checks;
import java.util.List;

/** The endpoints of one cluster, by locality (Envoy: config.endpoint.v3.ClusterLoadAssignment). */
public record ClusterLoadAssignment(String clusterName, List<LocalityEndpoints> localities) {
  public ClusterLoadAssignment {
    Checks.notEmpty(clusterName, "cluster of a load assignment");
    localities = List.copyOf(localities);
  }

  /** All in one unnamed locality. */
  public static ClusterLoadAssignment of(String clusterName, List<Endpoint> endpoints) {
    return new ClusterLoadAssignment(
        clusterName, List.of(new LocalityEndpoints(Locality.NONE, 0, 1, endpoints)));
  }

  /** All endpoints, in order. */
  public List<Endpoint> endpoints() {
    return localities.stream().flatMap(l -> l.endpoints().stream()).toList();
  }
}
