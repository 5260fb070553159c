// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.envoy.differential;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.flotilla.model.cluster.Cluster;
import io.flotilla.model.cluster.LoadBalancing;
import io.flotilla.model.endpoint.Endpoint;
import io.flotilla.model.match.PathMatch;
import io.flotilla.model.route.ClusterChoice;
import io.flotilla.model.route.HostRewrite;
import io.flotilla.model.route.RetryPolicy;
import io.flotilla.model.route.RetryPolicy.Condition;
import io.flotilla.model.route.Route;
import io.flotilla.model.route.RouteAction;
import io.flotilla.model.route.RouteConfiguration;
import io.flotilla.model.route.RouteMatch;
import io.flotilla.model.route.Terms;
import io.flotilla.model.route.VirtualHost;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tries that go on beside each other, beside Envoy. */
class HedgingIT {
  private static final String ENVOY = System.getProperty("flotilla.envoy", "");

  private @TempDir Path folder;

  private static Route route(String name, boolean hedged, int retries, Duration whole) {
    return Route.of(
        name,
        RouteMatch.of(new PathMatch.Exact("/" + name)),
        new RouteAction.Forward(
                new ClusterChoice.Single("c"),
                Optional.of(whole),
                Optional.empty(),
                Optional.empty(),
                Optional.of(
                    new RetryPolicy(
                        Set.of(Condition.FIVE_XX),
                        Set.of(),
                        retries,
                        Optional.of(Duration.ofMillis(300)),
                        Duration.ofMillis(1),
                        Duration.ofMillis(2),
                        false,
                        1)),
                Optional.empty(),
                new HostRewrite.Keep(),
                List.of(),
                List.of(),
                List.of())
            .on(new Terms(false, Map.of(), hedged, 503)));
  }

  private static Wire.Request request(String path, String script) {
    return new Wire.Request(
        "GET",
        "/" + path,
        List.of(new Wire.Field("Host", "h.test"), new Wire.Field("x-do", script)),
        "");
  }

  private static List<Integer> statuses(Suite.Pair pair) {
    return List.of(pair.envoy().answer().status(), pair.ours().answer().status());
  }

  private static List<Integer> attempts(Suite.Pair pair) {
    return List.of(pair.envoy().attempts().size(), pair.ours().attempts().size());
  }

  @Test
  void takesTheFirstGoodAnswerOfTriesThatRunBesideEachOther() throws Exception {
    assumeTrue(
        Files.isExecutable(Path.of(ENVOY)),
        "there is no Envoy at '" + ENVOY + "'; conformance/install.sh installs one");
    try (Suite suite = new Suite(ENVOY, folder)) {
      List<Endpoint> endpoints = new ArrayList<>();
      for (int i = 0; i < 3; i++) {
        endpoints.add(Endpoint.of("127.0.0.1", suite.backends().port(i)));
      }
      suite.apply(
          RouteConfiguration.of(
              "routes",
              List.of(
                  VirtualHost.of(
                      "all",
                      List.of("*"),
                      List.of(
                          route("hedged", true, 1, Duration.ofSeconds(9)),
                          route("alone", false, 1, Duration.ofSeconds(9)),
                          route("thrice", true, 2, Duration.ofSeconds(9)),
                          route("short", true, 2, Duration.ofSeconds(1)))))),
          Map.of(
              "c",
              World.balanced(
                  Cluster.of("c", World.fixed("c", endpoints)), LoadBalancing.ROUND_ROBIN)));

      record Case(String path, String script, int status, int attempts) {}
      List<Case> cases =
          List.of(
              // The next try is in time.
              new Case("hedged", "slow,200", 200, 2),
              // The late one is the first after all: the backend is slow for three seconds.
              new Case("hedged", "slow,slow", 200, 2),
              new Case("alone", "slow,slow", 504, 2),
              // The next try fails, and the late one is waited for.
              new Case("hedged", "slow,503", 200, 2),
              new Case("alone", "slow,503", 503, 2),
              new Case("thrice", "slow,503,200", 200, 3),
              new Case("thrice", "slow,slow,200", 200, 3),
              new Case("thrice", "slow,slow,503", 200, 3),
              new Case("hedged", "503,200", 200, 2),
              new Case("hedged", "404", 404, 1),
              // The time of the whole passes while all are under way.
              new Case("short", "slow", 504, 3));
      List<Wire.Request> requests = new ArrayList<>();
      cases.forEach(c -> requests.add(request(c.path(), c.script())));

      List<Suite.Pair> pairs = suite.send(requests);
      for (int i = 0; i < cases.size(); i++) {
        Case each = cases.get(i);
        Suite.Pair pair = pairs.get(i);
        System.out.println(each + ": " + statuses(pair) + " after " + attempts(pair));
        assertThat(statuses(pair))
            .as(each.toString())
            .containsExactly(each.status(), each.status());
        assertThat(attempts(pair))
            .as(each.toString())
            .containsExactly(each.attempts(), each.attempts());
        assertThat(pair.differences())
            .as(each.toString())
            .allMatch(d -> d.matches("(?s)(body|endpoint|backend).*"));
      }
    }
  }
}
