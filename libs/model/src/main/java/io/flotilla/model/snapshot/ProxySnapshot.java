// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.snapshot;

import io.flotilla.model.cluster.Cluster;
import io.flotilla.model.dns.NameTable;
import io.flotilla.model.endpoint.ClusterLoadAssignment;
import io.flotilla.model.listener.Listener;
import io.flotilla.model.route.RouteConfiguration;
import io.flotilla.model.tls.Secret;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * All that one proxy must know at one revision. What Pilot makes for a proxy, what the discovery
 * client hands to the engine, and what lies on disk for a restart without Pilot.
 *
 * @param revision of Pilot's graph; 0 where the origin tells none
 * @param listeners by name
 * @param routes by name
 * @param clusters by name
 * @param endpoints by EDS service name
 * @param secrets by SDS name
 * @param names what the workload's DNS proxy answers; empty where it has none, or nothing came yet
 */
public record ProxySnapshot(
    long revision,
    Map<String, Listener> listeners,
    Map<String, RouteConfiguration> routes,
    Map<String, Cluster> clusters,
    Map<String, ClusterLoadAssignment> endpoints,
    Map<String, Secret> secrets,
    Optional<NameTable> names) {

  /** Nothing known yet. */
  public static final ProxySnapshot EMPTY =
      new ProxySnapshot(0, Map.of(), Map.of(), Map.of(), Map.of(), Map.of());

  public ProxySnapshot {
    listeners = copy(listeners);
    routes = copy(routes);
    clusters = copy(clusters);
    endpoints = copy(endpoints);
    secrets = copy(secrets);
  }

  /** Of a proxy without names to answer. */
  public ProxySnapshot(
      long revision,
      Map<String, Listener> listeners,
      Map<String, RouteConfiguration> routes,
      Map<String, Cluster> clusters,
      Map<String, ClusterLoadAssignment> endpoints,
      Map<String, Secret> secrets) {
    this(revision, listeners, routes, clusters, endpoints, secrets, Optional.empty());
  }

  private static <V> Map<String, V> copy(Map<String, V> map) {
    return Collections.unmodifiableMap(new LinkedHashMap<>(map));
  }
}
