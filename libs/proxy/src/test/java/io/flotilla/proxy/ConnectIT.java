// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.flotilla.model.listener.HttpConnectionManager;
import io.flotilla.model.match.PathMatch;
import io.flotilla.model.route.Route;
import io.flotilla.model.route.RouteAction;
import io.flotilla.model.route.RouteMatch;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tunnels by CONNECT: curl's over HTTP/1, Node's over HTTP/2, and Envoy's statuses. */
class ConnectIT {
  private static final String CURL = "/usr/bin/curl";

  private final EngineFixture proxy = new EngineFixture("gate");
  private final EchoApp app = new EchoApp("app");
  private int closed;
  private @TempDir Path folder;

  @BeforeEach
  void start() throws Exception {
    try (ServerSocket socket = new ServerSocket(0)) {
      closed = socket.getLocalPort();
    }
    proxy.apply(
        TestMesh.snapshot(
            1,
            List.of(TestMesh.outbound()),
            List.of(
                TestMesh.routes(
                    tunnel("down", "down", Optional.of("gone.example:80")),
                    tunnel("tunnel", "app", Optional.empty()),
                    Route.of("rest", RouteMatch.ANY, RouteAction.Forward.to("app")))),
            List.of(TestMesh.fixed("app", app.port()), TestMesh.fixed("down", closed)),
            List.of()));
  }

  private static Route tunnel(String name, String cluster, Optional<String> authority) {
    RouteMatch match =
        new RouteMatch(
            new PathMatch.Connect(),
            true,
            authority.stream()
                .map(
                    a ->
                        new io.flotilla.model.match.HeaderMatch(
                            ":authority",
                            Optional.of(new io.flotilla.model.match.StringMatch.Exact(a, false)),
                            false,
                            false))
                .toList(),
            List.of(),
            Optional.empty(),
            false);
    return Route.of(
        name,
        match,
        RouteAction.Forward.to(cluster).allowing(List.of(RouteAction.Forward.CONNECT)));
  }

  @AfterEach
  void stop() {
    proxy.close();
    app.close();
  }

  private String run(String... command) throws Exception {
    Path said = folder.resolve("said.txt");
    Process process =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(said.toFile()).start();
    boolean ended = process.waitFor(20, TimeUnit.SECONDS);
    process.destroyForcibly();
    assertThat(ended).as("%s did not end: %s", command[0], Files.readString(said)).isTrue();
    return Files.readString(said);
  }

  @Test
  void tunnelsForCurl() throws Exception {
    assumeTrue(Files.isExecutable(Path.of(CURL)), "curl is not installed");

    String said =
        run(
            CURL,
            "-sSvp",
            "-x",
            "http://127.0.0.1:" + proxy.port(TestMesh.OUT),
            "--data",
            "x".repeat(100_000),
            "http://inner.example:81/one",
            "--next",
            "-sSp",
            "-x",
            "http://127.0.0.1:" + proxy.port(TestMesh.OUT),
            "http://inner.example:81/two");

    assertThat(said)
        .contains("CONNECT inner.example:81 HTTP/1.1", "HTTP/1.1 200 OK", "CONNECT phase completed")
        .contains("POST /one\n", "GET /two\n", "host: inner.example:81");
    assertThat(app.requests()).isEqualTo(2);
  }

  @Test
  void tunnelsForAnHttp2Client() throws Exception {
    assumeTrue(NodeBackend.node().isPresent(), "Node is not installed (Debian: nodejs)");
    Path script = folder.resolve("client.js");
    try (var in = ConnectIT.class.getResourceAsStream("/connect-h2.js")) {
      Files.write(script, in.readAllBytes());
    }

    String said =
        run(
            NodeBackend.node().orElseThrow().toString(),
            script.toString(),
            Integer.toString(proxy.port(TestMesh.OUT)),
            "inner.example:81");

    assertThat(said).startsWith("status 200\n").contains("POST /inner\n").endsWith("end\n");
    Await.until(
        () ->
            assertThat(proxy.records())
                .singleElement()
                .matches(r -> r.status() == 200 && r.authority().equals("inner.example:81")));
  }

  @Test
  void answersAsEnvoyDoes() throws Exception {
    assumeTrue(EnvoyPeer.isInstalled(), EnvoyPeer.absence());
    try (EnvoyPeer envoy = envoy()) {
      for (String target :
          List.of("a.example:1", "gone.example:80", "A.EXAMPLE:1", "127.0.0.1:9", "[::1]:80")) {
        for (String more :
            List.of(
                "", "Content-Length: 5\r\n", "Content-Length: 0\r\n", "Connection: close\r\n")) {
          String head = "CONNECT " + target + " HTTP/1.1\r\nHost: b.example\r\n" + more + "\r\n";
          assertThat(status(proxy.address(TestMesh.OUT), head))
              .as(head)
              .isEqualTo(status(envoy.address(), head));
        }
      }
    }
  }

  @Test
  void refusesWithoutARouteAsEnvoyDoes() throws Exception {
    assumeTrue(EnvoyPeer.isInstalled(), EnvoyPeer.absence());
    proxy.apply(
        TestMesh.snapshot(
            2,
            List.of(TestMesh.outbound()),
            List.of(
                TestMesh.routes(Route.of("rest", RouteMatch.ANY, RouteAction.Forward.to("app")))),
            List.of(TestMesh.fixed("app", app.port())),
            List.of()));
    String head = "CONNECT a.example:1 HTTP/1.1\r\nHost: a.example:1\r\n\r\n";
    try (EnvoyPeer envoy = new EnvoyPeer(folder, LISTENER.formatted(""), clusters())) {
      assertThat(status(proxy.address(TestMesh.OUT), head))
          .isEqualTo(status(envoy.address(), head));
    }
    assertThat(app.requests()).isZero();
  }

  @Test
  void passesWhatCameEarlyAndTheEndOfEitherSide() throws Exception {
    RawHttp raw = new RawHttp(proxy.address(TestMesh.OUT));
    try (raw) {
      raw.send("CONNECT a.example:1 HTTP/1.1\r\nHost: a.example:1\r\n\r\nGET /early HTTP/1.1\r\n");
      assertThat(raw.readUntil("\r\n\r\n"))
          .startsWith("HTTP/1.1 200 OK\r\n")
          .doesNotContain("connection", "content-length", "transfer-encoding");
      raw.send("Host: h\r\nConnection: close\r\n\r\n");
      assertThat(raw.readToEnd()).contains("GET /early\n").doesNotContain("<timeout>");
    }
    Await.until(() -> assertThat(proxy.records()).hasSize(1));
  }

  @Test
  void endsTheTunnelsOfAnEnvoyThatComesByMutualTls() throws Exception {
    assumeTrue(EnvoyPeer.isInstalled(), EnvoyPeer.absence());
    TestMesh mesh = new TestMesh();
    HttpConnectionManager manager =
        HttpConnectionManager.of(
            "in", new HttpConnectionManager.RouteSource.Rds("routes"), TestMesh.sidecarFilters());
    try (EngineFixture server = new EngineFixture("server")) {
      server.apply(
          TestMesh.snapshot(
              1,
              List.of(TestMesh.inbound(manager, false)),
              List.of(TestMesh.routes(tunnel("tunnel", "app", Optional.of("10.0.0.9:9080")))),
              List.of(TestMesh.fixed("app", app.port())),
              mesh.secrets("server")));
      try (EnvoyPeer envoy =
              EnvoyPeer.tunneling(folder, mesh, "10.0.0.9:9080", server.port(TestMesh.IN));
          RawHttp raw = new RawHttp(envoy.address())) {
        raw.send("GET /inner HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        assertThat(raw.readToEnd()).startsWith("HTTP/1.1 200 OK\r\n").contains("GET /inner\n");
      }
      Await.until(
          () ->
              assertThat(server.records())
                  .singleElement()
                  .matches(r -> r.status() == 200 && r.mutualTls()));
      assertThat(server.engine.metricsText())
          .contains("source_principal=\"spiffe://cluster.local/ns/default/sa/client\"");
    }
  }

  private static String status(InetSocketAddress to, String head) throws IOException {
    try (Socket socket = new Socket(to.getAddress(), to.getPort())) {
      socket.setSoTimeout(5_000);
      socket.getOutputStream().write(head.getBytes(StandardCharsets.ISO_8859_1));
      List<Integer> read = new ArrayList<>();
      while (read.size() < 12) {
        read.add(socket.getInputStream().read());
      }
      StringBuilder line = new StringBuilder();
      read.forEach(c -> line.append((char) c.intValue()));
      return line.toString();
    }
  }

  private static final String LISTENER =
      """
          filter_chains:
          - filters:
            - name: http
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                stat_prefix: edge
                route_config:
                  virtual_hosts:
                  - name: all
                    domains: ["*"]
                    routes:
      %s
                    - {match: {prefix: "/"}, route: {cluster: app}}
                http_filters:
                - name: router
                  typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}
      """;

  private String clusters() {
    String one =
        "  - {name: %s, type: STATIC, load_assignment: {cluster_name: %s, endpoints: [{lb_endpoints:"
            + " [{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value:"
            + " %d}}}}]}]}}\n";
    return one.formatted("app", "app", app.port()) + one.formatted("down", "down", closed);
  }

  private EnvoyPeer envoy() throws Exception {
    String connect =
        ", upgrade_configs: [{upgrade_type: CONNECT, connect_config: {}}], timeout: 0s}}\n";
    String routes =
        "              - {match: {connect_matcher: {}, headers: [{name: \":authority\","
            + " string_match: {exact: \"gone.example:80\"}}]}, route: {cluster: down"
            + connect
            + "              - {match: {connect_matcher: {}}, route: {cluster: app"
            + connect;
    return new EnvoyPeer(folder, LISTENER.formatted(routes.stripTrailing()), clusters());
  }
}
