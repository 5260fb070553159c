// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.envoy.differential;

import io.flotilla.model.address.SocketAddress;
import io.flotilla.model.cluster.Cluster;
import io.flotilla.model.cluster.Discovery;
import io.flotilla.model.cluster.LoadBalancing;
import io.flotilla.model.endpoint.ClusterLoadAssignment;
import io.flotilla.model.endpoint.Endpoint;
import io.flotilla.model.endpoint.Locality;
import io.flotilla.model.endpoint.LocalityEndpoints;
import io.flotilla.model.listener.AccessLog;
import io.flotilla.model.listener.FilterChain;
import io.flotilla.model.listener.HttpConnectionManager;
import io.flotilla.model.listener.HttpFilter;
import io.flotilla.model.listener.Listener;
import io.flotilla.model.listener.PathNormalization;
import io.flotilla.model.route.RouteConfiguration;
import io.flotilla.model.snapshot.ProxySnapshot;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** What all generated configurations share: one listener, and clusters of every kind. */
final class World {
  /** How many backends there must be. */
  static final int BACKENDS = 8;

  /** Clusters of one endpoint, whose name tells the choice. */
  static final List<String> SINGLE = List.of("one", "two", "three");

  /** Clusters in which the request's hash decides. */
  static final List<String> HASHED = List.of("ring", "ring-weighted", "maglev", "maglev-weighted");

  /** Clusters in which no request decides, and the share that each endpoint should have. */
  static final Set<String> SPREAD = Set.of("round-robin", "least-request", "random");

  /** One whose endpoint refuses connections, one without endpoints, and one that is not there. */
  static final List<String> BROKEN = List.of("dead", "empty", "missing");

  static final String LOG_FORMAT =
      "%REQ(X-PAIR)%|%RESPONSE_CODE%|%RESPONSE_FLAGS%|%UPSTREAM_CLUSTER_RAW%|%UPSTREAM_HOST%"
          + "|%ROUTE_NAME%|%UPSTREAM_REQUEST_ATTEMPT_COUNT%\n";

  private final Backends backends;
  private final int closedPort;

  World(Backends backends, int closedPort) {
    this.backends = backends;
    this.closedPort = closedPort;
  }

  Map<String, Cluster> clusters() {
    Map<String, Cluster> all = new LinkedHashMap<>();
    for (int i = 0; i < SINGLE.size(); i++) {
      put(all, cluster(SINGLE.get(i), LoadBalancing.ROUND_ROBIN, List.of(i), false));
    }
    List<Integer> four = List.of(3, 4, 5, 6);
    put(all, cluster("ring", new LoadBalancing.RingHash(1024, 8 << 20), four, false));
    put(all, cluster("ring-weighted", new LoadBalancing.RingHash(100, 8 << 20), four, true));
    put(all, cluster("maglev", new LoadBalancing.Maglev(65537), four, false));
    put(all, cluster("maglev-weighted", new LoadBalancing.Maglev(1031), four, true));
    put(all, cluster("round-robin", LoadBalancing.ROUND_ROBIN, four, false));
    put(all, cluster("least-request", LoadBalancing.LEAST_REQUEST, four, false));
    put(all, cluster("random", LoadBalancing.RANDOM, four, false));
    put(all, cluster("mirror", LoadBalancing.ROUND_ROBIN, List.of(7), false));
    put(all, Cluster.of("dead", fixed("dead", List.of(Endpoint.of("127.0.0.1", closedPort)))));
    put(all, Cluster.of("empty", fixed("empty", List.of())));
    return all;
  }

  private static void put(Map<String, Cluster> all, Cluster cluster) {
    all.put(cluster.name(), cluster);
  }

  private Cluster cluster(
      String name, LoadBalancing balancing, List<Integer> numbers, boolean weighted) {
    List<Endpoint> endpoints = new ArrayList<>();
    for (int i = 0; i < numbers.size(); i++) {
      endpoints.add(
          new Endpoint(
              new SocketAddress("127.0.0.1", backends.port(numbers.get(i))),
              "backend-" + numbers.get(i) + ".test",
              weighted ? i + 1 : 1,
              Endpoint.Health.HEALTHY,
              Map.of(),
              Optional.empty()));
    }
    return balanced(Cluster.of(name, fixed(name, endpoints)), balancing);
  }

  static Cluster balanced(Cluster c, LoadBalancing balancing) {
    return new Cluster(
        c.name(),
        c.discovery(),
        balancing,
        c.connectTimeout(),
        c.http(),
        c.transports(),
        c.circuitBreakers(),
        c.outlierDetection(),
        c.bindSource(),
        c.services(),
        c.connection(),
        c.source());
  }

  static Discovery fixed(String name, List<Endpoint> endpoints) {
    return new Discovery.Static(
        new ClusterLoadAssignment(
            name, List.of(new LocalityEndpoints(Locality.NONE, 0, 1, endpoints))));
  }

  /** All of one side. */
  ProxySnapshot snapshot(long revision, RouteConfiguration routes, Path accessLog) {
    return snapshot(revision, routes, clusters(), accessLog);
  }

  /** The same with other clusters. */
  ProxySnapshot snapshot(
      long revision, RouteConfiguration routes, Map<String, Cluster> clusters, Path accessLog) {
    return snapshot(revision, routes, clusters, Map.of(), accessLog);
  }

  /** The same with other access logs. */
  ProxySnapshot snapshot(
      long revision,
      RouteConfiguration routes,
      Map<String, Cluster> clusters,
      List<AccessLog> accessLogs) {
    return snapshot(revision, routes, clusters, Map.of(), accessLogs);
  }

  /** The same with other clusters, some of which have their endpoints by EDS. */
  ProxySnapshot snapshot(
      long revision,
      RouteConfiguration routes,
      Map<String, Cluster> clusters,
      Map<String, ClusterLoadAssignment> endpoints,
      Path accessLog) {
    return snapshot(
        revision,
        routes,
        clusters,
        endpoints,
        List.of(AccessLog.text(accessLog.toString(), LOG_FORMAT)));
  }

  private static ProxySnapshot snapshot(
      long revision,
      RouteConfiguration routes,
      Map<String, Cluster> clusters,
      Map<String, ClusterLoadAssignment> endpoints,
      List<AccessLog> accessLogs) {
    HttpConnectionManager plain =
        HttpConnectionManager.of(
            "suite",
            new HttpConnectionManager.RouteSource.Rds("routes"),
            List.of(
                new HttpFilter.FaultInjection(Optional.empty()),
                new HttpFilter.CorsFilter(),
                new HttpFilter.Router(false)));
    HttpConnectionManager manager =
        new HttpConnectionManager(
            plain.statPrefix(),
            plain.codec(),
            plain.routes(),
            plain.filters(),
            false,
            0,
            plain.forwardClientCert(),
            false,
            "suite",
            PathNormalization.MERGE_SLASHES,
            plain.streamIdleTimeout(),
            plain.requestHeadersTimeout(),
            plain.idleTimeout(),
            plain.maxRequestHeadersKiB(),
            plain.upgrades(),
            Optional.empty(),
            accessLogs);
    Listener listener =
        Listener.of(
            Sides.LISTENER,
            new SocketAddress("127.0.0.1", 0),
            Listener.TrafficDirection.OUTBOUND,
            FilterChain.plain("", manager));
    return new ProxySnapshot(
        revision,
        Map.of(listener.name(), listener),
        Map.of("routes", routes),
        clusters,
        endpoints,
        Map.of());
  }
}
