// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy;

import io.flotilla.model.address.SocketAddress;
import io.flotilla.model.cluster.Cluster;
import io.flotilla.model.cluster.Discovery;
import io.flotilla.model.endpoint.ClusterLoadAssignment;
import io.flotilla.model.endpoint.Endpoint;
import io.flotilla.model.listener.FilterChain;
import io.flotilla.model.listener.HttpConnectionManager;
import io.flotilla.model.listener.HttpFilter;
import io.flotilla.model.listener.IstioStats;
import io.flotilla.model.listener.Listener;
import io.flotilla.model.listener.Listener.TrafficDirection;
import io.flotilla.model.route.Route;
import io.flotilla.model.route.RouteConfiguration;
import io.flotilla.model.route.VirtualHost;
import io.flotilla.model.snapshot.ProxySnapshot;
import io.flotilla.proxy.api.PeerIdentity;
import io.flotilla.telemetry.api.SpanSink;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Small configurations for tests. */
final class Meshes {
  private Meshes() {}

  static ProxyEngine engine(String name) {
    PeerIdentity self =
        new PeerIdentity(
            name,
            "default",
            name,
            name,
            "v1",
            name,
            "v1",
            "Kubernetes",
            "unknown",
            Map.of("app", name));
    return new ProxyEngine(
        new EngineConfig(
            name,
            self,
            "sidecar~127.0.0.1~" + name + ".default~x",
            false,
            SpanSink.none(),
            record -> {},
            false,
            Duration.ofSeconds(5),
            Overload.ofProcess()));
  }

  static HttpConnectionManager manager(List<Route> routes) {
    return HttpConnectionManager.of(
        "test",
        new HttpConnectionManager.RouteSource.Rds("routes"),
        List.of(
            new HttpFilter.FaultInjection(Optional.empty()),
            new HttpFilter.CorsFilter(),
            new HttpFilter.PeerMetadata(),
            new HttpFilter.Stats(new IstioStats(false)),
            new HttpFilter.Router(false)));
  }

  static Map<String, RouteConfiguration> routes(List<Route> routes) {
    return Map.of(
        "routes",
        RouteConfiguration.of("routes", List.of(VirtualHost.of("all", List.of("*"), routes))));
  }

  static Listener listener(HttpConnectionManager manager) {
    return Listener.of(
        "in",
        new SocketAddress("127.0.0.1", 0),
        TrafficDirection.OUTBOUND,
        FilterChain.plain("", manager));
  }

  static Cluster cluster(String name, int... ports) {
    return Cluster.of(name, new Discovery.Static(endpoints(name, ports)));
  }

  static ClusterLoadAssignment endpoints(String name, int... ports) {
    return ClusterLoadAssignment.of(
        name, java.util.Arrays.stream(ports).mapToObj(p -> Endpoint.of("127.0.0.1", p)).toList());
  }

  static ProxySnapshot snapshot(List<Route> routes, Cluster... clusters) {
    Map<String, Cluster> all = new LinkedHashMap<>();
    for (Cluster cluster : clusters) {
      all.put(cluster.name(), cluster);
    }
    return new ProxySnapshot(
        1, Map.of("in", listener(manager(routes))), routes(routes), all, Map.of(), Map.of());
  }
}
