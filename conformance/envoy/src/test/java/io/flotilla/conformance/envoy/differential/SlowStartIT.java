// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.envoy.differential;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.flotilla.model.cluster.Cluster;
import io.flotilla.model.cluster.Discovery;
import io.flotilla.model.cluster.EndpointRules;
import io.flotilla.model.cluster.HealthCheck;
import io.flotilla.model.cluster.LoadBalancing;
import io.flotilla.model.cluster.LoadBalancing.SlowStart;
import io.flotilla.model.endpoint.ClusterLoadAssignment;
import io.flotilla.model.endpoint.Endpoint;
import io.flotilla.model.match.PathMatch;
import io.flotilla.model.route.Route;
import io.flotilla.model.route.RouteAction;
import io.flotilla.model.route.RouteConfiguration;
import io.flotilla.model.route.RouteMatch;
import io.flotilla.model.route.VirtualHost;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How much of the traffic an endpoint gets that is new, or came back, beside Envoy. */
class SlowStartIT {
  private static final String ENVOY = System.getProperty("flotilla.envoy", "");
  private static final Duration WINDOW = Duration.ofSeconds(6);
  private static final int REQUESTS = 300;
  private static final int NEW = 3;

  /** Of chi-squared with one degree of freedom: exceeded by chance once in ten thousand runs. */
  private static final double LIMIT = 15.1;

  private @TempDir Path folder;

  private static LoadBalancing turns(double aggression, double least) {
    return new LoadBalancing.RoundRobin(Optional.of(new SlowStart(WINDOW, aggression, least)));
  }

  private static LoadBalancing least(double aggression, double least) {
    return new LoadBalancing.LeastRequest(2, Optional.of(new SlowStart(WINDOW, aggression, least)));
  }

  @Test
  void givesNewEndpointsTheirShareLittleByLittleAsEnvoyDoes() throws Exception {
    assumeTrue(
        Files.isExecutable(Path.of(ENVOY)),
        "there is no Envoy at '" + ENVOY + "'; conformance/install.sh installs one");
    Map<String, LoadBalancing> policies = new LinkedHashMap<>();
    policies.put("at-once", LoadBalancing.ROUND_ROBIN);
    policies.put("half", turns(1, 50));
    policies.put("evenly", turns(1, 10));
    policies.put("steeply", turns(4, 10));
    policies.put("least-half", least(1, 50));
    policies.put("least-evenly", least(1, 10));
    policies.put("came-back", turns(1, 50));
    try (Suite suite = new Suite(ENVOY, folder)) {
      Map<String, Cluster> clusters = new LinkedHashMap<>();
      List<Route> routes = new ArrayList<>();
      policies.forEach(
          (name, policy) -> {
            clusters.put(name, cluster(name, policy));
            routes.add(
                Route.of(
                    name,
                    RouteMatch.of(new PathMatch.Prefix("/" + name)),
                    RouteAction.Forward.to(name)));
          });
      RouteConfiguration all =
          RouteConfiguration.of("routes", List.of(VirtualHost.of("all", List.of("*"), routes)));
      suite.backends().health(NEW, "503");
      suite.apply(all, clusters, endpoints(suite, policies, 3));
      long start = System.nanoTime();
      List<Wire.Request> requests = requests(policies);
      while (System.nanoTime() - start < WINDOW.plusSeconds(1).toNanos()) {
        suite.send(requests.subList(0, policies.size() * 4));
      }

      suite.backends().health(NEW, "200");
      suite.apply(all, clusters, endpoints(suite, policies, 4));
      awaitWell(suite, "came-back", suite.backends().port(NEW));
      List<Suite.Pair> pairs = suite.send(requests);

      String fresh = "127.0.0.1:" + suite.backends().port(NEW);
      Map<String, long[]> seen = new LinkedHashMap<>();
      for (String name : policies.keySet()) {
        seen.put(name, counts(pairs, name, fresh));
        System.out.println(name + ": " + seen.get(name)[0] + "/" + seen.get(name)[1]);
      }
      seen.forEach(
          (name, n) -> {
            double apart = n[0] - n[1];
            assertThat(apart * apart / (n[0] + n[1])).as(name).isLessThan(LIMIT);
          });
      // A seventh where its weight is half, less where it is less.
      assertThat(seen.get("at-once")[1]).isBetween(70L, 80L);
      assertThat(seen.get("half")[1]).isBetween(38L, 48L);
      assertThat(seen.get("came-back")[1]).isBetween(38L, 48L);
      assertThat(seen.get("least-half")[1]).isBetween(30L, 55L);
      assertThat(seen.get("evenly")[1]).isLessThan(seen.get("half")[1]);
      assertThat(seen.get("least-evenly")[1]).isLessThan(seen.get("least-half")[1]);
      assertThat(seen.get("steeply")[1]).isGreaterThan(seen.get("evenly")[1]);

      start = System.nanoTime();
      while (System.nanoTime() - start < WINDOW.toNanos()) {
        suite.send(requests.subList(0, policies.size() * 4));
      }
      pairs = suite.send(requests);
      for (String name : policies.keySet()) {
        long[] n = counts(pairs, name, fresh);
        System.out.println(name + " afterwards: " + n[0] + "/" + n[1]);
        assertThat(n[0]).as(name).isBetween(55L, 95L);
        assertThat(n[1]).as(name).isBetween(55L, 95L);
      }
    }
  }

  private static Cluster cluster(String name, LoadBalancing policy) {
    Cluster made = World.balanced(Cluster.of(name, new Discovery.Eds(name)), policy);
    return name.equals("came-back")
        ? made.with(
            new EndpointRules(
                Optional.of(
                    HealthCheck.of(
                        HealthCheck.Http.of("/health"),
                        Duration.ofSeconds(1),
                        Duration.ofMillis(200))),
                false,
                Optional.of(0),
                false))
        : made;
  }

  private static Map<String, ClusterLoadAssignment> endpoints(
      Suite suite, Map<String, LoadBalancing> policies, int count) {
    Map<String, ClusterLoadAssignment> out = new LinkedHashMap<>();
    for (String name : policies.keySet()) {
      List<Endpoint> hosts = new ArrayList<>();
      for (int i = 0; i < (name.equals("came-back") ? NEW + 1 : count); i++) {
        hosts.add(Endpoint.of("127.0.0.1", suite.backends().port(i)));
      }
      out.put(name, ClusterLoadAssignment.of(name, hosts));
    }
    return out;
  }

  private static List<Wire.Request> requests(Map<String, LoadBalancing> policies) {
    List<Wire.Request> out = new ArrayList<>();
    for (int i = 0; i < REQUESTS; i++) {
      for (String name : policies.keySet()) {
        out.add(new Wire.Request("GET", "/" + name, List.of(new Wire.Field("Host", "h.test")), ""));
      }
    }
    return out;
  }

  private static void awaitWell(Suite suite, String cluster, int port) throws Exception {
    String line = cluster + "::127.0.0.1:" + port + "::health_flags::healthy";
    suite.sides().envoy().admin("/clusters", s -> s.contains(line));
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (!suite.sides().engine().clustersText().contains(line)) {
      assertThat(System.nanoTime()).as("our endpoint came back").isLessThan(end);
      Thread.onSpinWait();
    }
  }

  private static long[] counts(List<Suite.Pair> pairs, String name, String fresh) {
    long[] out = new long[2];
    for (Suite.Pair pair : pairs) {
      if (pair.request().target().equals("/" + name)) {
        out[0] += pair.envoy().endpoint().equals(fresh) ? 1 : 0;
        out[1] += pair.ours().endpoint().equals(fresh) ? 1 : 0;
      }
    }
    return out;
  }
}
