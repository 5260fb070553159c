// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.endpoint;

import io.flotilla.model.Checks;
import java.util.List;

/**
 * The endpoints of one cluster, by locality (Envoy: config.endpoint.v3.ClusterLoadAssignment).
 *
 * @param overprovisioning how much more than its share those that are well of a priority or
 *     locality can bear, in percent; 100: nothing
 * @param healthByWeight whether the weights of endpoints, rather than their number, tell how much
 *     of a priority is well
 */
public record ClusterLoadAssignment(
    String clusterName,
    List<LocalityEndpoints> localities,
    int overprovisioning,
    boolean healthByWeight) {
  /** Envoy's, where nobody says anything. */
  public static final int DEFAULT_OVERPROVISIONING = 140;

  public ClusterLoadAssignment {
    Checks.inRange(overprovisioning, 1, Integer.MAX_VALUE, "overprovisioning factor");
    Checks.notEmpty(clusterName, "cluster of a load assignment");
    localities = List.copyOf(localities);
  }

  /** By Envoy's defaults. */
  public ClusterLoadAssignment(String clusterName, List<LocalityEndpoints> localities) {
    this(clusterName, localities, DEFAULT_OVERPROVISIONING, false);
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
