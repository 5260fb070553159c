// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.envoy.differential;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.flotilla.model.cluster.CircuitBreakers;
import io.flotilla.model.cluster.Cluster;
import io.flotilla.model.cluster.Discovery;
import io.flotilla.model.cluster.EndpointRules;
import io.flotilla.model.cluster.HealthCheck;
import io.flotilla.model.cluster.LoadBalancing;
import io.flotilla.model.endpoint.ClusterLoadAssignment;
import io.flotilla.model.endpoint.Endpoint;
import io.flotilla.model.route.Route;
import io.flotilla.model.route.RouteAction;
import io.flotilla.model.route.RouteConfiguration;
import io.flotilla.model.route.RouteMatch;
import io.flotilla.model.route.VirtualHost;
import io.grpc.InsecureServerCredentials;
import io.grpc.Server;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Active health checks beside Envoy: what they find of each endpoint, and where requests go. */
class HealthCheckIT {
  private static final String ENVOY = System.getProperty("flotilla.envoy", "");
  private static final String FAILED = "/failed_active_hc";

  private static @TempDir Path folder;
  private static Suite suite;
  private static int clusters;

  @BeforeAll
  static void start() throws Exception {
    assumeTrue(
        Files.isExecutable(Path.of(ENVOY)),
        "there is no Envoy at '" + ENVOY + "'; conformance/install.sh installs one");
    suite = new Suite(ENVOY, folder);
  }

  @AfterAll
  static void stop() throws Exception {
    if (suite != null) {
      suite.close();
    }
  }

  @AfterEach
  void heal() {
    for (int i = 0; i < World.BACKENDS; i++) {
      suite.backends().health(i, "200");
    }
  }

  private static HealthCheck check(HealthCheck.Kind kind) {
    return HealthCheck.of(kind, Duration.ofSeconds(1), Duration.ofMillis(100));
  }

  private static String name() {
    return "checked" + clusters++;
  }

  private static void apply(String name, HealthCheck check, List<Integer> ports) throws Exception {
    List<Endpoint> endpoints = ports.stream().map(port -> Endpoint.of("127.0.0.1", port)).toList();
    Cluster plain =
        Cluster.of(name, new Discovery.Static(ClusterLoadAssignment.of(name, endpoints)));
    Cluster cluster =
        new Cluster(
                name,
                plain.discovery(),
                LoadBalancing.RANDOM,
                plain.connectTimeout(),
                check.kind() instanceof HealthCheck.Grpc
                    ? Cluster.HttpUpstream.HTTP2
                    : Cluster.HttpUpstream.HTTP1,
                List.of(),
                CircuitBreakers.UNLIMITED,
                Optional.empty(),
                Optional.empty(),
                List.of(),
                plain.connection(),
                "")
            .with(new EndpointRules(Optional.of(check), false, Optional.of(0), false));
    RouteAction.Forward forward = RouteAction.Forward.to(name);
    suite.apply(
        RouteConfiguration.of(
            "routes",
            List.of(
                VirtualHost.of(
                    "all", List.of("*"), List.of(Route.of("r", RouteMatch.ANY, forward))))),
        Map.of(name, cluster));
  }

  private static List<Integer> backends(int count) {
    List<Integer> ports = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      ports.add(suite.backends().port(i));
    }
    return ports;
  }

  private static Map<Integer, String> flags(String page, String cluster) {
    Map<Integer, String> out = new TreeMap<>();
    Matcher found =
        Pattern.compile(cluster + "::127\\.0\\.0\\.1:(\\d+)::health_flags::(\\S+)").matcher(page);
    while (found.find()) {
      out.put(Integer.parseInt(found.group(1)), found.group(2));
    }
    return out;
  }

  /** That both come to find this of each port. */
  private static void bothFind(String cluster, Map<Integer, String> wanted) throws Exception {
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(30);
    Map<Integer, String> theirs = Map.of();
    Map<Integer, String> ours = Map.of();
    while (System.nanoTime() < end) {
      theirs = flags(suite.sides().envoy().admin("/clusters", s -> true), cluster);
      ours = flags(suite.sides().engine().clustersText(), cluster);
      if (theirs.equals(wanted) && ours.equals(wanted)) {
        return;
      }
      TimeUnit.MILLISECONDS.sleep(20);
    }
    assertThat(theirs).as("Envoy").isEqualTo(wanted);
    assertThat(ours).as("ours").isEqualTo(wanted);
  }

  private static Map<Integer, String> found(List<Integer> ports, String... flags) {
    Map<Integer, String> out = new TreeMap<>();
    for (int i = 0; i < flags.length; i++) {
      out.put(ports.get(i), flags[i]);
    }
    return out;
  }

  /** That requests come to go to these endpoints alone, and to each of them, on both sides. */
  private static void bothUse(Integer... ports) throws Exception {
    List<Wire.Request> requests = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      requests.add(new Wire.Request("GET", "/", List.of(new Wire.Field("Host", "h.test")), ""));
    }
    TreeSet<String> wanted = new TreeSet<>();
    for (int port : ports) {
      wanted.add("127.0.0.1:" + port);
    }
    TreeSet<String> theirs = new TreeSet<>();
    TreeSet<String> ours = new TreeSet<>();
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (!(theirs.equals(wanted) && ours.equals(wanted)) && System.nanoTime() < end) {
      theirs.clear();
      ours.clear();
      for (Suite.Pair pair : suite.send(requests)) {
        theirs.add(pair.envoy().endpoint());
        ours.add(pair.ours().endpoint());
      }
    }
    assertThat(theirs).as("Envoy").isEqualTo(wanted);
    assertThat(ours).as("ours").isEqualTo(wanted);
  }

  @Test
  void failsOutAndBackInByStatus() throws Exception {
    String name = name();
    List<Integer> ports = backends(4);
    suite.backends().health(1, "204");
    suite.backends().health(2, "500");
    HealthCheck.Http http =
        new HealthCheck.Http(
            "checked.test",
            "/health",
            "PUT",
            Map.of("x-probe", "yes"),
            List.of(new HealthCheck.Statuses(200, 300)),
            List.of(new HealthCheck.Statuses(503, 504)),
            false);
    apply(name, check(http), ports);
    bothFind(name, found(ports, "healthy", "healthy", FAILED, "healthy"));
    bothUse(ports.get(0), ports.get(1), ports.get(3));
    Wire.Head seen = suite.backends().check(0);
    assertThat(seen).isNotNull();
    assertThat(seen.first()).isEqualTo("PUT /health HTTP/1.1");
    assertThat(seen.header("host")).isEqualTo("checked.test");
    assertThat(seen.header("x-probe")).isEqualTo("yes");

    suite.backends().health(2, "200");
    suite.backends().health(3, "503");

    bothFind(name, found(ports, "healthy", "healthy", "healthy", FAILED));
    bothUse(ports.get(0), ports.get(1), ports.get(2));
  }

  @Test
  void usesDegradedEndpointsWhereOthersCannotBearTheLoad() throws Exception {
    String name = name();
    List<Integer> ports = backends(4);
    suite.backends().health(3, "degraded");
    apply(name, check(HealthCheck.Http.of("/health")), ports);
    bothFind(name, found(ports, "healthy", "healthy", "healthy", "/degraded_active_hc"));
    bothUse(ports.get(0), ports.get(1), ports.get(2));

    suite.backends().health(1, "500");
    suite.backends().health(2, "500");

    bothFind(name, found(ports, "healthy", FAILED, FAILED, "/degraded_active_hc"));
    bothUse(ports.get(0), ports.get(3));
  }

  private static String hex(String text) {
    return HexFormat.of().formatHex(text.getBytes(StandardCharsets.US_ASCII));
  }

  @Test
  void connectsAndAwaitsBytes() throws Exception {
    List<Integer> ports = new ArrayList<>(backends(2));
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      ports.add(taken.getLocalPort());
    }
    String connecting = name();
    apply(connecting, check(new HealthCheck.Tcp(Optional.empty(), List.of())), ports);
    bothFind(connecting, found(ports, "healthy", "healthy", FAILED));

    suite.backends().health(1, "500");
    String asking = name();
    HealthCheck.Tcp bytes =
        new HealthCheck.Tcp(
            Optional.of(hex("GET /health HTTP/1.1\r\nhost: a\r\n\r\n")),
            List.of(hex("HTTP/1.1 200"), hex("length")));
    apply(asking, check(bytes), ports);
    bothFind(asking, found(ports, "healthy", FAILED, FAILED));
  }

  @Test
  void asksTheHealthServiceOfGrpc() throws Exception {
    List<HealthStatusManager> states = new ArrayList<>();
    List<Server> servers = new ArrayList<>();
    try {
      for (int i = 0; i < 3; i++) {
        HealthStatusManager state = new HealthStatusManager();
        state.setStatus("shop", i == 1 ? ServingStatus.NOT_SERVING : ServingStatus.SERVING);
        states.add(state);
        servers.add(
            NettyServerBuilder.forAddress(
                    new InetSocketAddress("127.0.0.1", 0), InsecureServerCredentials.create())
                .addService(state.getHealthService())
                .build()
                .start());
      }
      List<Integer> ports = servers.stream().map(Server::getPort).toList();
      String name = name();
      apply(name, check(new HealthCheck.Grpc("shop", "shop.test")), ports);
      bothFind(name, found(ports, "healthy", FAILED, "healthy"));

      states.get(1).setStatus("shop", ServingStatus.SERVING);
      states.get(2).clearStatus("shop");

      bothFind(name, found(ports, "healthy", "healthy", FAILED));
    } finally {
      servers.forEach(Server::shutdownNow);
    }
  }
}
