// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.model.cluster.CircuitBreakers;
import io.flotilla.model.cluster.Cluster;
import io.flotilla.model.cluster.Discovery;
import io.flotilla.model.cluster.EndpointRules;
import io.flotilla.model.cluster.HealthCheck;
import io.flotilla.model.cluster.LoadBalancing;
import io.flotilla.model.cluster.OutlierDetection;
import io.flotilla.model.endpoint.ClusterLoadAssignment;
import io.flotilla.model.endpoint.Endpoint;
import io.flotilla.model.route.ClusterChoice;
import io.flotilla.model.route.HashPolicy;
import io.flotilla.model.route.HostRewrite;
import io.flotilla.model.route.Route;
import io.flotilla.model.route.RouteAction;
import io.flotilla.model.route.RouteMatch;
import io.flotilla.model.snapshot.ProxySnapshot;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** How endpoints are chosen, spared and limited. */
class BalanceIT {
  private final List<EchoApp> apps = List.of(new EchoApp("a"), new EchoApp("b"), new EchoApp("c"));
  private final EngineFixture proxy = new EngineFixture("client");

  @AfterEach
  void stop() {
    proxy.close();
    apps.forEach(EchoApp::close);
  }

  private void start(
      LoadBalancing policy, CircuitBreakers limits, Optional<OutlierDetection> outlier) {
    start(policy, limits, outlier, Duration.ofSeconds(10));
  }

  private void start(
      LoadBalancing policy,
      CircuitBreakers limits,
      Optional<OutlierDetection> outlier,
      Duration connectTimeout) {
    serve(
        TestMesh.fixed("apps", apps.stream().mapToInt(EchoApp::port).toArray()),
        policy,
        limits,
        outlier,
        connectTimeout);
  }

  private void serve(
      Cluster plain,
      LoadBalancing policy,
      CircuitBreakers limits,
      Optional<OutlierDetection> outlier,
      Duration connectTimeout) {
    Cluster cluster =
        new Cluster(
            "apps",
            plain.discovery(),
            policy,
            connectTimeout,
            plain.http(),
            List.of(),
            limits,
            outlier,
            Optional.empty(),
            List.of(),
            plain.connection(),
            "");
    RouteAction.Forward forward =
        new RouteAction.Forward(
            new ClusterChoice.Single("apps"),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            new HostRewrite.Keep(),
            List.of(new HashPolicy.Header("x-user", true)),
            List.of(),
            List.of());
    proxy.apply(
        TestMesh.snapshot(
            1,
            List.of(TestMesh.outbound()),
            List.of(TestMesh.routes(Route.of("r", RouteMatch.ANY, forward))),
            List.of(cluster),
            List.of()));
  }

  private String app(String user) throws Exception {
    return proxy.get("/", r -> r.header("x-user", user)).headers().firstValue("x-app").orElse("");
  }

  static List<LoadBalancing> hashing() {
    return List.of(new LoadBalancing.RingHash(1024, 8192), new LoadBalancing.Maglev(65537));
  }

  @ParameterizedTest
  @MethodSource("hashing")
  void sendsAKeyAlwaysToTheSameEndpoint(LoadBalancing policy) throws Exception {
    start(policy, CircuitBreakers.UNLIMITED, Optional.empty());
    Set<String> seen = new HashSet<>();

    for (int user = 0; user < 30; user++) {
      String first = app("user-" + user);
      seen.add(first);
      assertThat(app("user-" + user)).isEqualTo(first);
    }

    assertThat(seen).hasSize(3);
  }

  static List<LoadBalancing> spreading() {
    return List.of(LoadBalancing.ROUND_ROBIN, LoadBalancing.LEAST_REQUEST, LoadBalancing.RANDOM);
  }

  @ParameterizedTest
  @MethodSource("spreading")
  void spreadsOverAllEndpoints(LoadBalancing policy) throws Exception {
    start(policy, CircuitBreakers.UNLIMITED, Optional.empty());

    for (int i = 0; i < 60; i++) {
      app("same");
    }

    assertThat(apps).allSatisfy(a -> assertThat(a.requests()).isGreaterThan(5));
  }

  @Test
  void refusesRequestsBeyondTheCircuitBreaker() throws Exception {
    apps.forEach(a -> a.slow(1000));
    start(
        LoadBalancing.ROUND_ROBIN,
        new CircuitBreakers(Long.MAX_VALUE, Long.MAX_VALUE, 2, Long.MAX_VALUE),
        Optional.empty());
    List<CompletableFuture<Integer>> answers = new ArrayList<>();

    for (int i = 0; i < 5; i++) {
      CompletableFuture<Integer> answer = new CompletableFuture<>();
      answers.add(answer);
      Thread.ofVirtual()
          .start(
              () -> {
                try {
                  answer.complete(proxy.get("/").statusCode());
                } catch (Exception e) {
                  answer.completeExceptionally(e);
                }
              });
    }

    List<Integer> statuses = answers.stream().map(CompletableFuture::join).toList();
    assertThat(statuses).filteredOn(s -> s == 200).hasSize(2);
    assertThat(statuses).filteredOn(s -> s == 503).hasSize(3);
    Await.until(() -> assertThat(proxy.engine.metricsText()).contains("response_flags=\"UO\""));
  }

  @Test
  void letsRequestsWaitForTheOneConnection() throws Exception {
    apps.forEach(a -> a.slow(50));
    start(
        new LoadBalancing.RingHash(1024, 8192),
        new CircuitBreakers(1, 10, Long.MAX_VALUE, Long.MAX_VALUE),
        Optional.empty());
    List<CompletableFuture<Integer>> answers = new ArrayList<>();

    for (int i = 0; i < 6; i++) {
      CompletableFuture<Integer> answer = new CompletableFuture<>();
      answers.add(answer);
      Thread.ofVirtual()
          .start(
              () -> {
                try {
                  answer.complete(proxy.get("/", r -> r.header("x-user", "one")).statusCode());
                } catch (Exception e) {
                  answer.completeExceptionally(e);
                }
              });
    }

    assertThat(answers).allSatisfy(a -> assertThat(a.join()).isEqualTo(200));
  }

  @Test
  void servesThoseThatWaitWhenTheConnectionBreaksInUse() throws Exception {
    try (ServerSocket upstream = new ServerSocket(0)) {
      upstream.setSoTimeout(60_000);
      serve(
          TestMesh.fixed("apps", upstream.getLocalPort()),
          LoadBalancing.ROUND_ROBIN,
          new CircuitBreakers(1, 10, Long.MAX_VALUE, Long.MAX_VALUE),
          Optional.empty(),
          Duration.ofSeconds(5));
      String post = "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 0\r\n\r\n";
      try (RawHttp first = new RawHttp(proxy.address(TestMesh.OUT)).send(post)) {
        Socket broken = upstream.accept();
        assertThat(broken.getInputStream().read()).isPositive();
        try (RawHttp second = new RawHttp(proxy.address(TestMesh.OUT)).send(post)) {
          Await.until(
              () ->
                  assertThat(proxy.engine.metricsText(name -> name.startsWith("cluster.apps")))
                      .contains(
                          "envoy_cluster_upstream_rq_pending_active{cluster_name=\"apps\"} 1"));
          broken.close();

          assertThat(first.readUntil("\r\n")).startsWith("HTTP/1.1 503 ");
          try (Socket next = upstream.accept()) {
            next.getOutputStream()
                .write(
                    "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n"
                        .getBytes(StandardCharsets.US_ASCII));
            assertThat(second.readUntil("\r\n")).startsWith("HTTP/1.1 200 ");
          }
        }
      }
    }
  }

  @Test
  void sparesAnEndpointThatFailsAgainAndAgain() throws Exception {
    apps.getFirst().failing(n -> 500);
    start(
        LoadBalancing.ROUND_ROBIN,
        CircuitBreakers.UNLIMITED,
        Optional.of(
            new OutlierDetection(
                Optional.of(3),
                Optional.empty(),
                Optional.empty(),
                Duration.ofSeconds(10),
                Duration.ofSeconds(30),
                100,
                0)));

    for (int i = 0; i < 60; i++) {
      app("same");
    }

    assertThat(apps.getFirst().requests()).isEqualTo(3);
  }

  @Test
  void forgivesWhenTheClusterIsChanged() throws Exception {
    apps.getFirst().failing(n -> n <= 3 ? 500 : 200);
    Optional<OutlierDetection> outlier =
        Optional.of(
            new OutlierDetection(
                Optional.of(3),
                Optional.empty(),
                Optional.empty(),
                Duration.ofSeconds(10),
                Duration.ofSeconds(30),
                100,
                0));
    start(LoadBalancing.ROUND_ROBIN, CircuitBreakers.UNLIMITED, outlier);
    for (int i = 0; i < 30; i++) {
      app("same");
    }
    start(LoadBalancing.ROUND_ROBIN, CircuitBreakers.UNLIMITED, outlier);
    for (int i = 0; i < 30; i++) {
      app("same");
    }
    assertThat(apps.getFirst().requests()).isEqualTo(3);

    start(LoadBalancing.ROUND_ROBIN, CircuitBreakers.UNLIMITED, outlier, Duration.ofSeconds(9));
    for (int i = 0; i < 30; i++) {
      app("same");
    }

    assertThat(apps.getFirst().requests()).isEqualTo(13);
  }

  private void discover(EndpointRules rules, EchoApp... named) {
    Cluster cluster = Cluster.of("apps", new Discovery.Eds("apps")).with(rules);
    ProxySnapshot bare =
        TestMesh.snapshot(
            1,
            List.of(TestMesh.outbound()),
            List.of(TestMesh.routes(Route.of("r", RouteMatch.ANY, RouteAction.Forward.to("apps")))),
            List.of(cluster),
            List.of());
    List<Endpoint> endpoints =
        Arrays.stream(named).map(a -> Endpoint.of("127.0.0.1", a.port())).toList();
    proxy.apply(
        new ProxySnapshot(
            1,
            bare.listeners(),
            bare.routes(),
            bare.clusters(),
            Map.of("apps", ClusterLoadAssignment.of("apps", endpoints)),
            bare.secrets()));
  }

  private Set<String> used() throws Exception {
    Set<String> seen = new HashSet<>();
    for (int i = 0; i < 60; i++) {
      seen.add(app("any"));
    }
    return seen;
  }

  @Test
  void keepsWhatEdsNamesNoLongerWhileItsCheckPasses() throws Exception {
    HealthCheck check =
        HealthCheck.of(
            new HealthCheck.Tcp(Optional.empty(), List.of()),
            Duration.ofSeconds(1),
            Duration.ofMillis(50));
    EndpointRules keeping = new EndpointRules(Optional.of(check), false, Optional.of(0), false);
    discover(keeping, apps.get(0), apps.get(1));
    Await.until(() -> assertThat(used()).containsExactlyInAnyOrder("a", "b"));

    discover(keeping, apps.get(1));
    assertThat(used()).containsExactlyInAnyOrder("a", "b");
    assertThat(proxy.engine.clustersText()).contains("health_flags::/pending_dynamic_removal");
    apps.get(0).close();
    Await.until(
        () ->
            assertThat(proxy.engine.clustersText())
                .doesNotContain("" + apps.get(0).port())
                .contains("health_flags::healthy"));

    EndpointRules forgetting = new EndpointRules(Optional.of(check), true, Optional.of(0), false);
    discover(forgetting, apps.get(1), apps.get(2));
    Await.until(() -> assertThat(used()).containsExactlyInAnyOrder("b", "c"));
    discover(forgetting, apps.get(2));
    assertThat(used()).containsExactly("c");
  }
}
