// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.endpoint;

import io.flotilla.model.Checks;
import io.flotilla.model.address.Address;
import io.flotilla.model.address.SocketAddress;
import java.util.Map;
import java.util.Optional;

/**
 * One place that serves a cluster.
 *
 * @param hostname for host rewriting; may be empty
 * @param weight 1 and up
 * @param transportTags what {@link io.flotilla.model.cluster.TransportMatch} compares ("tlsMode")
 * @param workload who runs there, when known; metrics take their labels from it
 * @param metadata what subsets and retries go by (Envoy: metadata "envoy.lb"); values are strings,
 *     doubles, booleans, lists and maps
 */
public record Endpoint(
    Address address,
    String hostname,
    int weight,
    Health health,
    Map<String, String> transportTags,
    Optional<WorkloadRef> workload,
    Map<String, Object> metadata) {
  public Endpoint {
    metadata = Map.copyOf(metadata);
    Checks.inRange(weight, 1, Integer.MAX_VALUE, "weight of endpoint " + address);
    transportTags = Map.copyOf(transportTags);
  }

  /** Without metadata. */
  public Endpoint(
      Address address,
      String hostname,
      int weight,
      Health health,
      Map<String, String> transportTags,
      Optional<WorkloadRef> workload) {
    this(address, hostname, weight, health, transportTags, workload, Map.of());
  }

  /** The same with other metadata. */
  public Endpoint with(Map<String, Object> other) {
    return new Endpoint(address, hostname, weight, health, transportTags, workload, other);
  }

  /** A healthy plaintext endpoint of weight 1. */
  public static Endpoint of(String host, int port) {
    return new Endpoint(
        new SocketAddress(host, port), "", 1, Health.HEALTHY, Map.of(), Optional.empty());
  }

  /** What the control plane says of it. */
  public enum Health {
    HEALTHY,
    /** Used where those that are healthy cannot bear the load. */
    DEGRADED,
    UNHEALTHY,
    DRAINING
  }

  /** The workload's names, as Istio's metrics label them. */
  public record WorkloadRef(
      String name,
      String namespace,
      String canonicalService,
      String canonicalRevision,
      String cluster) {}
}
