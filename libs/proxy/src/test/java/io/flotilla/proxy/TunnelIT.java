// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.flotilla.model.cluster.Cluster;
import io.flotilla.model.listener.TcpProxy;
import io.flotilla.model.route.ClusterChoice;
import java.io.IOException;
import java.net.SocketException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Connections that go by way of an HTTP proxy (DestinationRule's tunnel), which is an Envoy. */
class TunnelIT {
  // The first handshake of a cold process takes its time on a busy machine.
  private static final int PATIENCE_MILLIS = 20_000;
  private final EchoApp app = new EchoApp("app");
  private final EngineFixture proxy = new EngineFixture("client");
  private @TempDir Path folder;
  private EnvoyPeer forward;

  @BeforeEach
  void start() throws Exception {
    assumeTrue(EnvoyPeer.isInstalled(), EnvoyPeer.absence());
    forward =
        new EnvoyPeer(
            folder,
            """
                filter_chains:
                - filters:
                  - name: http
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                      stat_prefix: edge
                      http2_protocol_options: {allow_connect: true}
                      upgrade_configs: [{upgrade_type: CONNECT}]
                      route_config:
                        virtual_hosts:
                        - name: all
                          domains: ["inner.example:443"]
                          routes:
                          - match: {connect_matcher: {}}
                            route: {cluster: app, upgrade_configs: [{upgrade_type: CONNECT, connect_config: {}}]}
                          - match: {prefix: "/", headers: [{name: ":method", string_match: {exact: POST}}]}
                            route: {cluster: app, upgrade_configs: [{upgrade_type: CONNECT, connect_config: {allow_post: true}}]}
                      http_filters:
                      - name: router
                        typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}
            """,
            """
              - {name: app, type: STATIC, load_assignment: {cluster_name: app, endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: %d}}}}]}]}}
            """
                .formatted(app.port()));
  }

  @AfterEach
  void stop() {
    proxy.close();
    app.close();
    if (forward != null) {
      forward.close();
    }
  }

  private void through(String target, boolean post, boolean http2, int port) {
    Cluster to = http2 ? TestMesh.http2("forward", port) : TestMesh.fixed("forward", port);
    proxy.apply(
        TestMesh.snapshot(
            1,
            List.of(
                TestMesh.outbound(
                    new TcpProxy(
                            "tunnel",
                            new ClusterChoice.Single("forward"),
                            Optional.empty(),
                            List.of())
                        .through(new TcpProxy.Tunnel(target, post)))),
            List.of(),
            List.of(to),
            List.of()));
  }

  @ParameterizedTest
  @CsvSource({"false,false", "false,true", "true,false", "true,true"})
  void goesThroughAnEnvoy(boolean post, boolean http2) throws Exception {
    through("inner.example:443", post, http2, forward.address().getPort());

    for (int size : List.of(0, 100, 300_000)) {
      String body = "b".repeat(size);
      try (RawHttp raw = new RawHttp(proxy.address(TestMesh.OUT), PATIENCE_MILLIS)) {
        raw.send(
            "POST /inner HTTP/1.1\r\nHost: h\r\nConnection: close\r\nContent-Length: "
                + size
                + "\r\n\r\n"
                + body);
        assertThat(raw.readToEnd())
            .startsWith("HTTP/1.1 200 OK\r\n")
            .contains("POST /inner\n")
            .endsWith("\n" + body);
      }
    }
    assertThat(app.requests()).isEqualTo(3);
    // Each connection asked once, and HTTP/2's are streams of one.
    assertThat(forward.admin("/stats?filter=http.edge.downstream_"))
        .contains("http.edge.downstream_rq_total: 3\n")
        .contains("http.edge.downstream_cx_total: " + (http2 ? 1 : 3) + "\n");
    Await.until(
        () ->
            assertThat(proxy.engine.metricsText(s -> true))
                .contains("istio_tcp_connections_closed_total"));
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void closesWhereTheTunnelIsRefused(boolean http2) throws Exception {
    through("other.example:443", false, http2, forward.address().getPort());

    assertThat(answer()).isEmpty();
    assertThat(app.requests()).isZero();
    assertThat(forward.admin("/stats?filter=http.edge.downstream_rq_4xx"))
        .contains("http.edge.downstream_rq_4xx: 1\n");
  }

  @Test
  void closesWhereNobodyAnswersTheRequestForATunnel() throws Exception {
    try (java.net.ServerSocket mute = new java.net.ServerSocket(0)) {
      Cluster of = TestMesh.fixed("forward", mute.getLocalPort());
      Cluster hasty =
          new Cluster(
              of.name(),
              of.discovery(),
              of.loadBalancing(),
              java.time.Duration.ofMillis(300),
              of.http(),
              of.transports(),
              of.circuitBreakers(),
              Optional.empty(),
              Optional.empty(),
              List.of(),
              of.connection(),
              "");
      proxy.apply(
          TestMesh.snapshot(
              1,
              List.of(
                  TestMesh.outbound(
                      new TcpProxy(
                              "tunnel",
                              new ClusterChoice.Single("forward"),
                              Optional.empty(),
                              List.of())
                          .through(new TcpProxy.Tunnel("inner.example:443", false)))),
              List.of(),
              List.of(hasty),
              List.of()));

      assertThat(answer()).isEmpty();
    }
  }

  private String answer() throws IOException {
    try (RawHttp raw = new RawHttp(proxy.address(TestMesh.OUT), PATIENCE_MILLIS)) {
      raw.send("GET /inner HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
      return raw.readToEnd();
    } catch (SocketException reset) {
      return "";
    }
  }
}
