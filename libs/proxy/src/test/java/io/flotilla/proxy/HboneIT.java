// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.flotilla.model.address.InternalAddress;
import io.flotilla.model.address.SocketAddress;
import io.flotilla.model.cluster.Cluster;
import io.flotilla.model.cluster.Discovery;
import io.flotilla.model.cluster.LoadBalancing;
import io.flotilla.model.cluster.TransportMatch;
import io.flotilla.model.endpoint.ClusterLoadAssignment;
import io.flotilla.model.endpoint.Endpoint;
import io.flotilla.model.listener.FilterChain;
import io.flotilla.model.listener.FilterChainMatch;
import io.flotilla.model.listener.HttpConnectionManager;
import io.flotilla.model.listener.HttpConnectionManager.RouteSource;
import io.flotilla.model.listener.HttpFilter;
import io.flotilla.model.listener.Listener;
import io.flotilla.model.listener.Listener.Inspector;
import io.flotilla.model.listener.Listener.TrafficDirection;
import io.flotilla.model.listener.NetworkFilter;
import io.flotilla.model.listener.TcpProxy;
import io.flotilla.model.listener.Terminal;
import io.flotilla.model.match.PathMatch;
import io.flotilla.model.match.StringMatch;
import io.flotilla.model.policy.AccessCondition;
import io.flotilla.model.policy.AccessPolicy;
import io.flotilla.model.policy.AccessRules;
import io.flotilla.model.policy.Rbac;
import io.flotilla.model.route.ClusterChoice;
import io.flotilla.model.route.Route;
import io.flotilla.model.route.RouteAction;
import io.flotilla.model.route.RouteConfiguration;
import io.flotilla.model.route.RouteMatch;
import io.flotilla.model.route.VirtualHost;
import io.flotilla.model.snapshot.ProxySnapshot;
import io.flotilla.model.tls.DownstreamTls;
import io.flotilla.model.tls.UpstreamTls;
import java.net.SocketException;
import java.net.http.HttpRequest;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * HBONE as istiod configures it: a terminating listener, whose tunnels go to the chain of their
 * port within the process, and an originating one; each against a real Envoy.
 */
class HboneIT {
  // The first handshake of a cold process takes its time on a busy machine.
  private static final int PATIENCE_MILLIS = 20_000;
  private static final String CALLER = "spiffe://cluster.local/ns/default/sa/client";

  private final TestMesh mesh = new TestMesh();
  private final EchoApp app = new EchoApp("app");
  private @TempDir Path folder;

  @AfterEach
  void stop() {
    app.close();
  }

  // ---- the server's side ----

  private ProxySnapshot server(Listener within) {
    Route connect =
        Route.of(
            "connect",
            new RouteMatch(
                new PathMatch.Connect(), true, List.of(), List.of(), Optional.empty(), false),
            RouteAction.Forward.to("main_internal").allowing(List.of(RouteAction.Forward.CONNECT)));
    HttpConnectionManager terminate =
        HttpConnectionManager.of(
            "connect_terminate",
            new RouteSource.Inline(
                RouteConfiguration.of(
                    "default", List.of(VirtualHost.of("default", List.of("*"), List.of(connect))))),
            List.of(
                new HttpFilter.PeerMetadata(),
                new HttpFilter.ConnectAuthority(),
                new HttpFilter.Router(false)));
    Listener bound =
        Listener.of(
            TestMesh.IN,
            new SocketAddress("127.0.0.1", 0),
            TrafficDirection.INBOUND,
            new FilterChain(
                "default",
                FilterChainMatch.ANY,
                Optional.of(new DownstreamTls(TestMesh.context(List.of("h2"), List.of()), true)),
                List.of(),
                terminate));
    Cluster inside =
        Cluster.of(
            "main_internal",
            new Discovery.Static(
                ClusterLoadAssignment.of(
                    "main_internal", List.of(inside("main_internal", Optional.empty())))));
    return TestMesh.snapshot(
        1,
        List.of(bound, within),
        List.of(),
        List.of(inside, TestMesh.fixed("app", app.port())),
        mesh.secrets("server"));
  }

  private static Endpoint inside(String listener, Optional<SocketAddress> destination) {
    return new Endpoint(
        new InternalAddress(
            listener, destination.map(SocketAddress::toString).orElse(""), destination),
        "",
        1,
        Endpoint.Health.HEALTHY,
        Map.of(),
        Optional.empty());
  }

  private static Listener within(FilterChain... chains) {
    return Listener.internal(
        "main_internal",
        TrafficDirection.INBOUND,
        EnumSet.of(Inspector.ORIGINAL_DESTINATION, Inspector.HTTP),
        List.of(chains),
        List.of());
  }

  private static FilterChain port(int port, List<NetworkFilter> before, Terminal terminal) {
    return new FilterChain(
        "0.0.0.0_" + port,
        new FilterChainMatch(
            Optional.of(port),
            List.of(new io.flotilla.model.address.CidrRange("10.0.0.9", 32)),
            List.of(),
            "",
            List.of(),
            List.of()),
        Optional.empty(),
        before,
        terminal);
  }

  private static TcpProxy tcpToApp() {
    return new TcpProxy("app", new ClusterChoice.Single("app"), Optional.empty(), List.of());
  }

  private static Rbac only(AccessCondition what, AccessCondition who) {
    return new Rbac(
        Optional.of(
            new AccessRules(
                AccessRules.Action.ALLOW,
                Map.of("p", new AccessPolicy(List.of(what), List.of(who))))),
        Optional.empty(),
        "");
  }

  private static AccessCondition principal(String name) {
    return new AccessCondition.FilterState(
        "io.istio.peer_principal", new StringMatch.Exact(name, false));
  }

  private static AccessCondition method(String method) {
    return new AccessCondition.Header(
        new io.flotilla.model.match.HeaderMatch(
            ":method", Optional.of(new StringMatch.Exact(method, false)), false, false));
  }

  @Test
  void givesTheTunnelsOfAnEnvoyToTheChainOfTheirPortWithTheCallerKnown() throws Exception {
    assumeTrue(EnvoyPeer.isInstalled(), EnvoyPeer.absence());
    HttpConnectionManager http =
        TestMesh.toApp(
            "",
            List.of(
                new HttpFilter.AccessControl(
                    only(
                        new AccessCondition.And(
                            List.of(method("GET"), new AccessCondition.DestinationPort(9080))),
                        principal(CALLER)))));
    try (EngineFixture server = new EngineFixture("server")) {
      server.apply(server(within(port(9080, List.of(), http))));
      try (EnvoyPeer envoy =
              EnvoyPeer.tunneling(folder, mesh, "10.0.0.9:9080", server.port(TestMesh.IN));
          RawHttp raw = new RawHttp(envoy.address(), PATIENCE_MILLIS)) {
        raw.send("GET /inner HTTP/1.1\r\nHost: h\r\n\r\n");
        String first = raw.readUntil("\r\n\r\n");
        assertThat(first).startsWith("HTTP/1.1 200 OK\r\n");
        raw.send("DELETE /inner HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
        assertThat(first + raw.readToEnd())
            .contains("GET /inner\n")
            .contains("x-forwarded-client-cert: By=spiffe://cluster.local/ns/default/sa/server;")
            .contains("URI=" + CALLER)
            .contains("HTTP/1.1 403 ")
            .doesNotContain("<timeout>");
      }
      Await.until(
          () ->
              assertThat(server.records())
                  .filteredOn(r -> !r.method().equals("CONNECT"))
                  .extracting(r -> r.status(), r -> r.mutualTls())
                  .containsExactly(
                      org.assertj.core.groups.Tuple.tuple(200, true),
                      org.assertj.core.groups.Tuple.tuple(403, true)));
      assertThat(server.engine.metricsText()).contains("source_principal=\"" + CALLER + "\"");
      assertThat(app.requests()).isEqualTo(1);
    }
  }

  @Test
  void guardsTheTcpPortsOfATunnelByItsCaller() throws Exception {
    assumeTrue(EnvoyPeer.isInstalled(), EnvoyPeer.absence());
    List<NetworkFilter> stranger =
        List.of(
            new NetworkFilter.AccessControl(
                only(
                    new AccessCondition.Any(),
                    principal("spiffe://cluster.local/ns/default/sa/other")),
                "tcp."));
    List<NetworkFilter> caller =
        List.of(
            new NetworkFilter.AccessControl(
                only(
                    new AccessCondition.Any(),
                    new AccessCondition.Authenticated(
                        Optional.of(new StringMatch.Exact(CALLER, false)))),
                "tcp."));
    try (EngineFixture server = new EngineFixture("server")) {
      server.apply(
          server(within(port(9000, caller, tcpToApp()), port(9001, stranger, tcpToApp()))));

      assertThat(exchange("10.0.0.9:9000", server)).contains("GET /inner\n");
      assertThat(exchange("10.0.0.9:9001", server)).isEmpty();
      // No chain is there for these: another port, another address, no address.
      assertThat(exchange("10.0.0.9:9002", server)).isEmpty();
      assertThat(exchange("10.0.0.8:9000", server)).isEmpty();
      assertThat(exchange("app.default:9000", server)).isEmpty();
      assertThat(app.requests()).isEqualTo(1);
      assertThat(server.engine.metricsText(s -> true))
          .contains("istio_tcp_connections_opened_total");
    }
  }

  private String exchange(String target, EngineFixture server) throws Exception {
    try (EnvoyPeer envoy = EnvoyPeer.tunneling(folder, mesh, target, server.port(TestMesh.IN));
        RawHttp raw = new RawHttp(envoy.address(), PATIENCE_MILLIS)) {
      raw.send("GET /inner HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
      return raw.readToEnd();
    } catch (SocketException reset) {
      return "";
    }
  }

  // ---- the client's side ----

  private ProxySnapshot client(Listener outbound, int tunnelPort) {
    return client(
        outbound,
        new SocketAddress("127.0.0.1", 9080),
        new Discovery.OriginalDestination(Optional.of(tunnelPort)),
        Cluster.HttpUpstream.HTTP1);
  }

  private ProxySnapshot client(
      Listener outbound,
      SocketAddress destination,
      Discovery tunnelEnds,
      Cluster.HttpUpstream inner) {
    Cluster plain = Cluster.of("connect_originate", tunnelEnds);
    Cluster originate =
        new Cluster(
            plain.name(),
            plain.discovery(),
            tunnelEnds instanceof Discovery.Static
                ? LoadBalancing.ROUND_ROBIN
                : new LoadBalancing.ClusterProvided(),
            Duration.ofSeconds(5),
            Cluster.HttpUpstream.HTTP2,
            List.of(
                new TransportMatch(
                    "",
                    Map.of(),
                    Optional.of(new UpstreamTls(TestMesh.context(List.of("h2"), List.of()), "")))),
            plain.circuitBreakers(),
            Optional.empty(),
            Optional.empty(),
            List.of(),
            plain.connection(),
            "");
    Cluster app =
        new Cluster(
            "app",
            new Discovery.Static(
                ClusterLoadAssignment.of(
                    "app", List.of(inside("connect_originate", Optional.of(destination))))),
            LoadBalancing.ROUND_ROBIN,
            Duration.ofSeconds(5),
            inner,
            List.of(),
            plain.circuitBreakers(),
            Optional.empty(),
            Optional.empty(),
            List.of(),
            plain.connection(),
            "");
    Listener originating =
        Listener.internal(
            "connect_originate",
            TrafficDirection.UNSPECIFIED,
            Set.of(Inspector.ORIGINAL_DESTINATION),
            List.of(
                FilterChain.plain(
                    "",
                    new TcpProxy(
                            "connect_originate",
                            new ClusterChoice.Single("connect_originate"),
                            Optional.empty(),
                            List.of())
                        .through(new TcpProxy.Tunnel(TcpProxy.Tunnel.DESTINATION, false)))),
            List.of());
    return TestMesh.snapshot(
        1,
        List.of(outbound, originating),
        List.of(TestMesh.routes(Route.of("app", RouteMatch.ANY, RouteAction.Forward.to("app")))),
        List.of(app, originate),
        mesh.secrets("client"));
  }

  @Test
  void tunnelsRequestsToARealEnvoyOverOneConnection() throws Exception {
    assumeTrue(EnvoyPeer.isInstalled(), EnvoyPeer.absence());
    try (EnvoyPeer envoy = terminating();
        EngineFixture client = new EngineFixture("client")) {
      client.apply(client(TestMesh.outbound(), envoy.address().getPort()));

      for (int i = 0; i < 5; i++) {
        String body = "x".repeat(i * 100_000);
        var answer =
            client.get("/tunnelled", r -> r.POST(HttpRequest.BodyPublishers.ofString(body)));
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).contains("POST /tunnelled\n").endsWith("\n" + body);
      }

      assertThat(envoy.admin("/stats?filter=http.edge.downstream_cx_total"))
          .contains("http.edge.downstream_cx_total: 1\n");
      assertThat(envoy.admin("/stats?filter=http.edge.downstream_rq_2xx"))
          .contains("http.edge.downstream_rq_2xx: 1\n");
      assertThat(client.records()).allMatch(r -> r.status() == 200);
    }
  }

  @Test
  void tunnelsConnectionsToARealEnvoyEachByAStream() throws Exception {
    assumeTrue(EnvoyPeer.isInstalled(), EnvoyPeer.absence());
    try (EnvoyPeer envoy = terminating();
        EngineFixture client = new EngineFixture("client")) {
      client.apply(client(TestMesh.outbound(tcpToApp()), envoy.address().getPort()));

      for (int i = 0; i < 3; i++) {
        try (RawHttp raw = new RawHttp(client.address(TestMesh.OUT), PATIENCE_MILLIS)) {
          raw.send("GET /inner HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
          assertThat(raw.readToEnd())
              .startsWith("HTTP/1.1 200 OK\r\n")
              .contains("GET /inner\n")
              .doesNotContain("<timeout>");
        }
      }
      assertThat(envoy.admin("/stats?filter=http.edge.downstream_"))
          .contains("http.edge.downstream_cx_total: 1\n")
          .contains("http.edge.downstream_rq_total: 3\n");
      Await.until(
          () ->
              assertThat(envoy.admin("/stats?filter=http.edge.downstream_rq_active"))
                  .contains(": 0\n"));
    }
  }

  @Test
  void saysWhenNobodyIsAtTheTunnelsEnd() throws Exception {
    try (EngineFixture client = new EngineFixture("client")) {
      client.apply(client(TestMesh.outbound(), 1));
      assertThat(client.get("/x").statusCode()).isEqualTo(503);
    }
  }

  // ---- both ----

  @ParameterizedTest
  @EnumSource(names = {"HTTP1", "HTTP2"})
  void carriesLargeBodiesFromSidecarToSidecar(Cluster.HttpUpstream inner) throws Exception {
    try (EngineFixture server = new EngineFixture("server");
        EngineFixture client = new EngineFixture("client")) {
      server.apply(server(within(port(9080, List.of(), TestMesh.toApp()))));
      client.apply(
          client(
              TestMesh.outbound(),
              new SocketAddress("10.0.0.9", 9080),
              TestMesh.fixed("x", server.port(TestMesh.IN)).discovery(),
              inner));
      String body = "0123456789abcdef".repeat(300_000);

      for (int i = 0; i < 3; i++) {
        var answer = client.get("/big", r -> r.POST(HttpRequest.BodyPublishers.ofString(body)));
        assertThat(answer.statusCode()).isEqualTo(200);
        assertThat(answer.body()).contains("POST /big\n").endsWith("\n" + body);
      }
      assertThat(server.records())
          .filteredOn(r -> r.path().equals("/big"))
          .hasSize(3)
          .allMatch(r -> r.mutualTls());
    }
  }

  private EnvoyPeer terminating() throws Exception {
    return new EnvoyPeer(
        folder,
        """
            filter_chains:
            - transport_socket:
                name: tls
                typed_config:
                  "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext
                  require_client_certificate: true
                  common_tls_context: %s
              filters:
              - name: http
                typed_config:
                  "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                  stat_prefix: edge
                  http2_protocol_options: {allow_connect: true}
                  upgrade_configs: [{upgrade_type: CONNECT}]
                  route_config:
                    virtual_hosts:
                    - name: all
                      domains: ["127.0.0.1:9080"]
                      routes:
                      - match: {connect_matcher: {}}
                        route: {cluster: app, upgrade_configs: [{upgrade_type: CONNECT, connect_config: {}}]}
                  http_filters:
                  - name: router
                    typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}
        """
            .formatted(EnvoyPeer.tls(mesh, "server")),
        """
          - {name: app, type: STATIC, load_assignment: {cluster_name: app, endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: %d}}}}]}]}}
        """
            .formatted(app.port()));
  }
}
