// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.envoy.differential;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.flotilla.model.cluster.Cluster;
import io.flotilla.model.cluster.EndpointRules;
import io.flotilla.model.cluster.LoadBalancing;
import io.flotilla.model.cluster.Subsets;
import io.flotilla.model.cluster.Subsets.Fallback;
import io.flotilla.model.cluster.Subsets.Selector;
import io.flotilla.model.endpoint.Endpoint;
import io.flotilla.model.match.PathMatch;
import io.flotilla.model.route.ClusterChoice;
import io.flotilla.model.route.HashPolicy;
import io.flotilla.model.route.HeaderEdits;
import io.flotilla.model.route.HostRewrite;
import io.flotilla.model.route.Route;
import io.flotilla.model.route.RouteAction;
import io.flotilla.model.route.RouteConfiguration;
import io.flotilla.model.route.RouteMatch;
import io.flotilla.model.route.Terms;
import io.flotilla.model.route.VirtualHost;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Which endpoints a request may go to that asks for a subset of its cluster, beside Envoy. */
class SubsetIT {
  private static final String ENVOY = System.getProperty("flotilla.envoy", "");
  private static final int REQUESTS = 20;

  /** What the endpoints have, in the order of the backends. */
  private static final List<Map<String, Object>> METADATA =
      List.of(
          Map.of("version", "v1", "stage", "prod"),
          Map.of("version", "v1", "stage", "test"),
          Map.of("version", "v2", "stage", "prod", "age", 2.0),
          Map.of("version", "v2", "stage", "prod", "big", true),
          Map.of("stage", "prod", "age", 3.0),
          Map.of());

  /** What requests ask for. */
  private static final List<Map<String, Object>> WANTED =
      List.of(
          Map.of(),
          Map.of("version", "v1"),
          Map.of("version", "v2"),
          Map.of("version", "v3"),
          Map.of("version", "v1", "stage", "prod"),
          Map.of("version", "v1", "stage", "none"),
          Map.of("version", "v9", "stage", "none"),
          Map.of("age", 2.0),
          Map.of("age", "2"),
          Map.of("big", true),
          Map.of("big", false),
          Map.of("stage", "prod"),
          Map.of("stage", "prod", "age", 3.0),
          Map.of("other", "x"));

  private @TempDir Path folder;

  private static Cluster cluster(
      Suite suite, String name, LoadBalancing policy, Fallback fallback, Fallback ofSelectors) {
    List<Endpoint> endpoints = new ArrayList<>();
    for (int i = 0; i < METADATA.size(); i++) {
      endpoints.add(Endpoint.of("127.0.0.1", suite.backends().port(i)).with(METADATA.get(i)));
    }
    Subsets subsets =
        new Subsets(
            fallback,
            Map.of("stage", "test"),
            List.of(
                new Selector(Set.of("version"), ofSelectors, Set.of()),
                new Selector(Set.of("version", "stage"), Fallback.FEWER_KEYS, Set.of("version")),
                new Selector(Set.of("age"), Fallback.AS_CLUSTER, Set.of()),
                new Selector(Set.of("big"), ofSelectors, Set.of())),
            false);
    return World.balanced(Cluster.of(name, World.fixed(name, endpoints)), policy)
        .with(
            new EndpointRules(
                Optional.empty(), false, Optional.empty(), false, Optional.of(subsets)));
  }

  private static Route route(
      String path, String cluster, Map<String, Object> ofRoute, Map<String, Object> ofWeight) {
    ClusterChoice choice =
        ofWeight.isEmpty()
            ? new ClusterChoice.Single(cluster)
            : new ClusterChoice.Weighted(
                List.of(
                    new ClusterChoice.WeightedCluster(
                        cluster, 1, HeaderEdits.NONE, Map.of(), ofWeight)));
    return Route.of(
        path,
        RouteMatch.of(new PathMatch.Exact(path)),
        new RouteAction.Forward(
                choice,
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                new HostRewrite.Keep(),
                List.of(new HashPolicy.Header("x-key", false)),
                List.of(),
                List.of())
            .on(new Terms(false, ofRoute)));
  }

  @Test
  void keepsToTheSubsetThatARouteAsksForAsEnvoyDoes() throws Exception {
    assumeTrue(
        Files.isExecutable(Path.of(ENVOY)),
        "there is no Envoy at '" + ENVOY + "'; conformance/install.sh installs one");
    try (Suite suite = new Suite(ENVOY, folder)) {
      Map<String, Cluster> clusters = new LinkedHashMap<>();
      List<Route> routes = new ArrayList<>();
      List<Wire.Request> requests = new ArrayList<>();
      for (Fallback fallback :
          List.of(Fallback.NO_ENDPOINT, Fallback.ANY_ENDPOINT, Fallback.DEFAULT_SUBSET)) {
        for (Fallback own :
            List.of(
                Fallback.AS_CLUSTER,
                Fallback.NO_ENDPOINT,
                Fallback.ANY_ENDPOINT,
                Fallback.DEFAULT_SUBSET)) {
          // One where chance decides within the subset.
          boolean hashed = fallback != Fallback.ANY_ENDPOINT || own != Fallback.AS_CLUSTER;
          String name = fallback + "-" + own;
          clusters.put(
              name,
              cluster(
                  suite,
                  name,
                  hashed ? new LoadBalancing.RingHash(1024, 8 << 20) : LoadBalancing.RANDOM,
                  fallback,
                  own));
          for (int i = 0; i < WANTED.size(); i++) {
            String path = "/" + name + "/" + i;
            routes.add(route(path, name, WANTED.get(i), Map.of()));
            routes.add(route(path + "/both", name, WANTED.get(i), Map.of("version", "v2")));
            for (int n = 0; n < (hashed ? REQUESTS : 6 * REQUESTS); n++) {
              requests.add(request(path, n));
              requests.add(request(path + "/both", n));
            }
          }
        }
      }
      suite.apply(
          RouteConfiguration.of("routes", List.of(VirtualHost.of("all", List.of("*"), routes))),
          clusters);

      Map<String, Map<String, int[]>> seen = new TreeMap<>();
      for (Suite.Pair pair : suite.send(requests)) {
        Map<String, int[]> of = seen.computeIfAbsent(pair.request().target(), t -> new TreeMap<>());
        of.computeIfAbsent(pair.envoy().endpoint(), e -> new int[2])[0]++;
        of.computeIfAbsent(pair.ours().endpoint(), e -> new int[2])[1]++;
        if (!pair.request().target().startsWith("/ANY_ENDPOINT-AS_CLUSTER/")) {
          assertThat(pair.ours().endpoint())
              .as(pair.request().target())
              .isEqualTo(pair.envoy().endpoint());
        }
      }

      seen.forEach(
          (path, endpoints) ->
              endpoints.forEach(
                  (endpoint, n) -> assertThat(n).as(path + " at " + endpoint).doesNotContain(0)));
      assertThat(seen.values().stream().map(Map::size).distinct()).contains(1, 2, 6);
      System.out.println(seen.size() + " ways to ask for endpoints, " + requests.size() + " pairs");
      assertThat(seen.get("/NO_ENDPOINT-AS_CLUSTER/1").keySet())
          .containsExactlyInAnyOrder(
              "127.0.0.1:" + suite.backends().port(0), "127.0.0.1:" + suite.backends().port(1));
      assertThat(seen.get("/NO_ENDPOINT-AS_CLUSTER/3")).containsOnlyKeys("-");
    }
  }

  private static Wire.Request request(String path, int number) {
    return new Wire.Request(
        "GET",
        path,
        List.of(new Wire.Field("Host", "h.test"), new Wire.Field("x-key", "k" + number)),
        "");
  }
}
