// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.envoy.differential;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.flotilla.model.cluster.CircuitBreakers;
import io.flotilla.model.cluster.CircuitBreakers.Limits;
import io.flotilla.model.cluster.CircuitBreakers.RetryBudget;
import io.flotilla.model.cluster.Cluster;
import io.flotilla.model.endpoint.Endpoint;
import io.flotilla.model.match.PathMatch;
import io.flotilla.model.route.ClusterChoice;
import io.flotilla.model.route.HostRewrite;
import io.flotilla.model.route.RetryPolicy;
import io.flotilla.model.route.Route;
import io.flotilla.model.route.RouteAction;
import io.flotilla.model.route.RouteConfiguration;
import io.flotilla.model.route.RouteMatch;
import io.flotilla.model.route.Terms;
import io.flotilla.model.route.VirtualHost;
import io.flotilla.proxy.metrics.Histogram;
import io.flotilla.proxy.metrics.StatScope;
import io.flotilla.proxy.metrics.StatSink;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** How many of the requests, retries and connections of a moment a cluster lets through. */
class CircuitBreakerIT {
  private static final String ENVOY = System.getProperty("flotilla.envoy", "");
  private static final long NONE = Long.MAX_VALUE;
  private static final Duration SLOW = Duration.ofMillis(1500);

  private static @TempDir Path folder;
  private static Suite suite;
  private static final ExecutorService CLIENTS = Executors.newVirtualThreadPerTaskExecutor();
  private static int names;

  @BeforeAll
  static void start() throws Exception {
    assumeTrue(
        Files.isExecutable(Path.of(ENVOY)),
        "there is no Envoy at '" + ENVOY + "'; conformance/install.sh installs one");
    suite = new Suite(ENVOY, folder);
    Map<String, Cluster> clusters = new LinkedHashMap<>();
    for (String name : List.of("requests", "told")) {
      put(
          clusters,
          name,
          1,
          new CircuitBreakers(
              new Limits(NONE, NONE, 5, NONE, Optional.empty(), true),
              new Limits(NONE, NONE, 2, NONE, Optional.empty(), true)));
    }
    put(clusters, "retries", 1, new CircuitBreakers(NONE, NONE, NONE, 2));
    put(
        clusters,
        "budget",
        1,
        new CircuitBreakers(
            new Limits(NONE, NONE, NONE, 0, Optional.of(new RetryBudget(30, 0)), false),
            Limits.ENVOYS));
    put(
        clusters,
        "floor",
        1,
        new CircuitBreakers(
            new Limits(NONE, NONE, NONE, 0, Optional.of(new RetryBudget(0, 2)), false),
            Limits.ENVOYS));
    put(clusters, "pending", 1, new CircuitBreakers(1, 2, NONE, NONE));
    put(clusters, "two", 2, new CircuitBreakers(1, 2, NONE, NONE));
    put(
        clusters,
        "apart",
        1,
        new CircuitBreakers(
            new Limits(1, 1, NONE, NONE, Optional.empty(), false),
            new Limits(1, 2, NONE, NONE, Optional.empty(), false)));
    List<Route> routes = new ArrayList<>();
    for (String name : clusters.keySet()) {
      for (boolean high : new boolean[] {true, false}) {
        routes.add(
            Route.of(
                name,
                RouteMatch.of(new PathMatch.Exact("/" + name + (high ? "/high" : ""))),
                forward(name).on(new Terms(high, Map.of()))));
      }
    }
    suite.apply(
        RouteConfiguration.of("routes", List.of(VirtualHost.of("all", List.of("*"), routes))),
        clusters);
  }

  @AfterAll
  static void stop() throws Exception {
    if (suite != null) {
      suite.close();
    }
  }

  private static void put(
      Map<String, Cluster> all, String name, int hosts, CircuitBreakers limits) {
    List<Endpoint> endpoints = new ArrayList<>();
    for (int i = 0; i < hosts; i++) {
      endpoints.add(Endpoint.of("127.0.0.1", suite.backends().port(i)));
    }
    Cluster c = Cluster.of(name, World.fixed(name, endpoints));
    all.put(
        name,
        new Cluster(
            c.name(),
            c.discovery(),
            io.flotilla.model.cluster.LoadBalancing.ROUND_ROBIN,
            c.connectTimeout(),
            c.http(),
            c.transports(),
            limits,
            c.outlierDetection(),
            c.bindSource(),
            c.services(),
            c.connection(),
            c.source()));
  }

  private static RouteAction.Forward forward(String cluster) {
    return new RouteAction.Forward(
        new ClusterChoice.Single(cluster),
        Optional.of(SLOW),
        Optional.empty(),
        Optional.empty(),
        Optional.of(
            new RetryPolicy(
                Set.of(RetryPolicy.Condition.RETRIABLE_STATUS_CODES),
                Set.of(409),
                3,
                Optional.empty(),
                Duration.ofMillis(1),
                Duration.ofMillis(2),
                false,
                1)),
        Optional.empty(),
        new HostRewrite.Keep(),
        List.of(),
        List.of(),
        List.of());
  }

  /** A side's requests of one test. */
  private static final class Side {
    private final InetSocketAddress to;
    private final List<CompletableFuture<Integer>> answers = new ArrayList<>();

    Side(boolean envoy) throws InterruptedException {
      to = envoy ? suite.sides().envoyAddress() : suite.sides().ourAddress();
    }

    /** Sends one; gives its name. */
    String send(String path, String script) {
      String name = "circuit-" + names++;
      answers.add(
          CompletableFuture.supplyAsync(
              () -> {
                try (Wire wire = new Wire(to, InetAddress.getByName("127.0.0.1"))) {
                  return wire.send(
                          new Wire.Request(
                              "GET",
                              path,
                              List.of(
                                  new Wire.Field("Host", "h.test"),
                                  new Wire.Field("x-pair", name),
                                  new Wire.Field("x-do", script)),
                              ""))
                      .status();
                } catch (IOException e) {
                  throw new UncheckedIOException(e);
                }
              },
              CLIENTS));
      return name;
    }

    /** Sends one, and goes on once the backend works on it, or it is answered. */
    void hold(String path, String script, int attempts) {
      String name = send(path, script);
      long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(5);
      while (suite.backends().seen(name).size() < attempts && !answers.getLast().isDone()) {
        assertThat(System.nanoTime()).as(name + " was seen").isLessThan(end);
        Thread.onSpinWait();
      }
    }

    /** How many there were of each status. */
    Map<Integer, Integer> statuses() {
      Map<Integer, Integer> out = new TreeMap<>();
      answers.forEach(a -> out.merge(a.join(), 1, Integer::sum));
      return out;
    }
  }

  private interface Load {
    void on(Side side) throws Exception;
  }

  private static Map<Integer, Integer> alike(Load load) throws Exception {
    Side envoy = new Side(true);
    load.on(envoy);
    Map<Integer, Integer> theirs = envoy.statuses();
    Side ours = new Side(false);
    load.on(ours);
    System.out.println("Envoy " + theirs + ", ours " + ours.statuses());
    assertThat(ours.statuses()).isEqualTo(theirs);
    return theirs;
  }

  @Test
  void letsThroughAsManyRequestsOfEachPriority() throws Exception {
    Map<Integer, Integer> seen =
        alike(
            side -> {
              for (int i = 0; i < 12; i++) {
                side.send("/requests", "slow");
                side.send("/requests/high", "slow");
              }
            });

    assertThat(seen).containsEntry(504, 5 + 2).containsEntry(503, 7 + 10);
  }

  @Test
  void letsThroughAsManyRetriesOfTheMoment() throws Exception {
    Map<Integer, Integer> seen =
        alike(
            side -> {
              for (int i = 0; i < 6; i++) {
                side.hold("/retries", "409,slow", 2);
              }
            });

    assertThat(seen).containsEntry(504, 2).containsEntry(409, 4);
  }

  @Test
  void letsThroughRetriesByTheShareOfRequests() throws Exception {
    Map<Integer, Integer> seen =
        alike(
            side -> {
              for (int i = 0; i < 10; i++) {
                side.hold("/budget", "slow", 1);
              }
              for (int i = 0; i < 8; i++) {
                side.hold("/budget", "409,slow", 2);
              }
            });
    assertThat(seen.get(504)).isBetween(10 + 3, 10 + 4);

    seen =
        alike(
            side -> {
              for (int i = 0; i < 5; i++) {
                side.hold("/floor", "409,slow", 2);
              }
            });
    assertThat(seen).containsEntry(504, 2).containsEntry(409, 3);
  }

  @Test
  void letsAsManyWaitForTheConnectionsThatMayBe() throws Exception {
    Map<Integer, Integer> seen =
        alike(
            side -> {
              side.hold("/pending", "slow", 1);
              for (int i = 0; i < 10; i++) {
                side.send("/pending", "slow");
              }
            });
    assertThat(seen).containsEntry(504, 3).containsEntry(503, 8);

    // An endpoint without any connection gets one.
    seen =
        alike(
            side -> {
              side.hold("/two", "slow", 1);
              side.hold("/two", "slow", 1);
              for (int i = 0; i < 10; i++) {
                side.send("/two", "slow");
              }
            });
    assertThat(seen).containsEntry(504, 4).containsEntry(503, 8);

    // Connections of one priority are nothing to the other.
    seen =
        alike(
            side -> {
              side.hold("/apart", "slow", 1);
              side.hold("/apart/high", "slow", 1);
              for (int i = 0; i < 10; i++) {
                side.send("/apart", "slow");
                side.send("/apart/high", "slow");
              }
            });
    assertThat(seen).containsEntry(504, 1 + 1 + 1 + 2).containsEntry(503, 9 + 8);
  }

  private static Map<String, Long> theirs() throws IOException {
    Map<String, Long> out = new TreeMap<>();
    Matcher found =
        Pattern.compile("(cluster\\.told;?\\.circuit_breakers\\S+): (\\d+)")
            .matcher(suite.sides().envoy().admin("/stats"));
    while (found.find()) {
      out.put(found.group(1).replace(";", ""), Long.parseUnsignedLong(found.group(2)));
    }
    return out;
  }

  private static Map<String, Long> ours() {
    Map<String, Long> out = new TreeMap<>();
    suite
        .sides()
        .engine()
        .statistics(
            new StatSink() {
              @Override
              public void counter(StatScope scope, String leaf, long value) {}

              @Override
              public void gauge(StatScope scope, String leaf, long value) {
                String name = (scope.prefix() + leaf).replace(";", "");
                if (name.startsWith("cluster.told.circuit_breakers")) {
                  out.put(name, value);
                }
              }

              @Override
              public void histogram(StatScope scope, String leaf, Histogram histogram) {}
            });
    return out;
  }

  @Test
  void tellsHowMuchIsLeft() throws Exception {
    Side envoy = new Side(true);
    Side ours = new Side(false);
    for (Side side : List.of(envoy, ours)) {
      for (int i = 0; i < 5; i++) {
        side.hold("/told", "slow", 1);
      }
      side.hold("/told/high", "slow", 1);
    }

    Map<String, Long> theirs = theirs();
    Map<String, Long> told = ours();

    assertThat(theirs)
        .containsEntry("cluster.told.circuit_breakers.default.rq_open", 1L)
        .containsEntry("cluster.told.circuit_breakers.default.remaining_rq", 0L)
        .containsEntry("cluster.told.circuit_breakers.high.remaining_rq", 1L);
    theirs.keySet().removeIf(name -> name.contains("cx_pool"));
    assertThat(told).isEqualTo(theirs);
    assertThat(envoy.statuses()).isEqualTo(ours.statuses());
  }
}
