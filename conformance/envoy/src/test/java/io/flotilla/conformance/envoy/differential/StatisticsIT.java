// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.envoy.differential;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.flotilla.model.match.PathMatch;
import io.flotilla.model.route.ClusterChoice;
import io.flotilla.model.route.HostRewrite;
import io.flotilla.model.route.RetryPolicy;
import io.flotilla.model.route.Route;
import io.flotilla.model.route.RouteAction;
import io.flotilla.model.route.RouteConfiguration;
import io.flotilla.model.route.RouteMatch;
import io.flotilla.model.route.VirtualHost;
import io.flotilla.proxy.metrics.Histogram;
import io.flotilla.proxy.metrics.StatScope;
import io.flotilla.proxy.metrics.StatSink;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The same requests, one after the other, leave the same numbers in both sides' statistics. */
class StatisticsIT {
  private static final String ENVOY = System.getProperty("flotilla.envoy", "");
  private static final ObjectMapper JSON = new ObjectMapper();

  // What tells of the process rather than of the requests.
  private static final Set<String> OF_THE_PROCESS =
      Set.of(
          "server.uptime",
          "server.memory_allocated",
          "server.memory_heap_size",
          "server.total_connections",
          "cluster_manager.active_clusters");

  private static RouteAction.Forward forward(
      String cluster, Optional<Duration> timeout, Optional<RetryPolicy> retry) {
    return new RouteAction.Forward(
        new ClusterChoice.Single(cluster),
        timeout,
        Optional.empty(),
        Optional.empty(),
        retry,
        Optional.empty(),
        new HostRewrite.Keep(),
        List.of(),
        List.of(),
        List.of());
  }

  private static Optional<RetryPolicy> retries(Optional<Duration> perTry) {
    return Optional.of(
        new RetryPolicy(
            Set.of(RetryPolicy.Condition.FIVE_XX),
            Set.of(),
            2,
            perTry,
            Duration.ofMillis(1),
            Duration.ofMillis(2),
            false,
            1));
  }

  private static Route at(String path, RouteAction action) {
    return Route.of(path.substring(1), RouteMatch.of(new PathMatch.Exact(path)), action);
  }

  private static RouteConfiguration routes() {
    Optional<Duration> none = Optional.empty();
    Optional<Duration> soon = Optional.of(Duration.ofMillis(200));
    return RouteConfiguration.of(
        "routes",
        List.of(
            VirtualHost.of(
                "all",
                List.of("*"),
                List.of(
                    at("/one", forward("one", none, Optional.empty())),
                    at("/retried", forward("two", none, retries(none))),
                    at("/tried", forward("three", none, retries(soon))),
                    at("/soon", forward("three", soon, Optional.empty())),
                    at("/dead", forward("dead", none, Optional.empty())),
                    at("/dead-retried", forward("dead", none, retries(none))),
                    at("/empty", forward("empty", none, Optional.empty())),
                    at("/missing", forward("missing", none, Optional.empty())),
                    at("/direct", new RouteAction.DirectResponse(418, "a teapot"))))));
  }

  private static void send(InetSocketAddress to, String side) throws IOException {
    try (Wire wire = new Wire(to, InetAddress.getByName("127.0.0.1"))) {
      for (String each :
          List.of(
              "/one 200",
              "/one 200",
              "/one 404",
              "/one 503",
              "/one 204",
              "/one 301",
              "/retried 200",
              "/retried 503,200",
              "/retried 500,502,503",
              "/tried slow,200",
              "/soon slow",
              "/dead 200",
              "/dead-retried 200",
              "/empty 200",
              "/missing 200",
              "/none 200",
              "/direct 200",
              "/one reset",
              "/retried reset,200")) {
        String[] words = each.split(" ");
        wire.send(
            new Wire.Request(
                // One that may not be sent twice, where only Envoy would not.
                words[1].startsWith("reset") ? "POST" : "GET",
                words[0],
                List.of(
                    new Wire.Field("Host", "h.test"),
                    new Wire.Field("x-pair", each.replace(" ", "") + side),
                    new Wire.Field("x-do", words[1])),
                ""));
      }
    }
  }

  private static Map<String, Long> theirs(Suite suite) throws IOException {
    Map<String, Long> out = new TreeMap<>();
    for (JsonNode each :
        JSON.readTree(suite.sides().envoy().admin("/stats?format=json")).path("stats")) {
      if (each.has("value")) {
        out.put(each.path("name").asText(), each.path("value").asLong());
      }
    }
    return out;
  }

  private static Map<String, Long> ours(Suite suite) {
    Map<String, Long> out = new TreeMap<>();
    suite
        .sides()
        .engine()
        .statistics(
            new StatSink() {
              @Override
              public void counter(StatScope scope, String leaf, long value) {
                out.put(scope.prefix() + leaf, value);
              }

              @Override
              public void gauge(StatScope scope, String leaf, long value) {
                out.put(scope.prefix() + leaf, value);
              }

              @Override
              public void histogram(StatScope scope, String leaf, Histogram histogram) {}
            });
    out.keySet().removeAll(OF_THE_PROCESS);
    return out;
  }

  @Test
  void countsWhatEnvoyCounts(@TempDir Path folder) throws Exception {
    assumeTrue(
        Files.isExecutable(Path.of(ENVOY)),
        "there is no Envoy at '" + ENVOY + "'; conformance/install.sh installs one");
    try (Suite suite = new Suite(ENVOY, folder)) {
      suite.apply(routes(), suite.world().clusters());
      send(suite.sides().envoyAddress(), "-e");
      send(suite.sides().ourAddress(), "-o");

      // The connections that were closed last may be counted a moment later.
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
      Map<String, String> differences = differences(suite);
      while (!differences.isEmpty() && System.nanoTime() < end) {
        TimeUnit.MILLISECONDS.sleep(50);
        differences = differences(suite);
      }
      assertThat(differences).isEmpty();
      assertThat(ours(suite).values().stream().filter(v -> v > 0).count()).isGreaterThan(60);
    }
  }

  private static Map<String, String> differences(Suite suite) throws IOException {
    Map<String, Long> theirs = theirs(suite);
    Map<String, Long> ours = ours(suite);
    Map<String, String> out = new TreeMap<>();
    ours.forEach(
        (name, value) -> {
          Long envoys = theirs.get(name);
          if (envoys == null ? value != 0 : !envoys.equals(value)) {
            out.put(name, "Envoy " + envoys + ", ours " + value);
          }
        });
    // Answers by code are there only where there were any.
    theirs.forEach(
        (name, value) -> {
          if (value != 0
              && name.matches("(cluster|http)\\..*_rq_(completed|\\d.*)")
              && !name.startsWith("http.admin")
              && !name.startsWith("cluster.xds-grpc")
              && !ours.containsKey(name)) {
            out.put(name, "Envoy " + value + ", ours none");
          }
        });
    return out;
  }
}
