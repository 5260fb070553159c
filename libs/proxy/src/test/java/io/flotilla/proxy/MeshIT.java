// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.model.cluster.Cluster;
import io.flotilla.model.listener.TcpProxy;
import io.flotilla.model.route.ClusterChoice;
import io.flotilla.model.route.HeaderEdits;
import io.flotilla.model.route.Route;
import io.flotilla.model.route.RouteAction;
import io.flotilla.model.route.RouteMatch;
import io.flotilla.proxy.api.RequestRecord;
import io.flotilla.telemetry.api.Span;
import java.io.IOException;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** A client's and a server's engine, mutual TLS between them. */
class MeshIT {
  private final TestMesh mesh = new TestMesh();
  private final EchoApp app = new EchoApp("app");
  private final EngineFixture client = new EngineFixture("client");
  private final EngineFixture server = new EngineFixture("server");

  @AfterEach
  void stop() {
    client.close();
    server.close();
    app.close();
  }

  private void start(Cluster.HttpUpstream http, boolean permissive) {
    server.apply(
        TestMesh.snapshot(
            1,
            List.of(TestMesh.inbound(TestMesh.toApp(), permissive)),
            List.of(),
            List.of(TestMesh.fixed("app", app.port())),
            mesh.secrets("server")));
    connect(1, http, "server");
  }

  private void connect(long revision, Cluster.HttpUpstream http, String account) {
    client.apply(
        TestMesh.snapshot(
            revision,
            List.of(TestMesh.outbound()),
            List.of(
                TestMesh.routes(Route.of("r", RouteMatch.ANY, RouteAction.Forward.to("reviews")))),
            List.of(TestMesh.mutual("reviews", http, account, server.port(TestMesh.IN))),
            mesh.secrets("client")));
  }

  @Test
  void carriesRequestsByMutualTls() throws Exception {
    start(Cluster.HttpUpstream.HTTP1, false);

    HttpResponse<String> answer = client.get("/x", r -> r.POST(BodyPublishers.ofString("body")));

    assertThat(answer.statusCode()).isEqualTo(200);
    assertThat(answer.body())
        .startsWith("app=app\nPOST /x\n")
        .contains("x-forwarded-client-cert: By=spiffe://cluster.local/ns/default/sa/server;Hash=")
        .contains("URI=spiffe://cluster.local/ns/default/sa/client")
        .doesNotContain("x-envoy-peer-metadata")
        .endsWith("body");
    assertThat(answer.headers().map()).doesNotContainKey("x-envoy-peer-metadata");
  }

  @Test
  void keepsItsOwnHeadersWhateverAClientsConnectionNames() throws Exception {
    start(Cluster.HttpUpstream.HTTP1, true);

    try (RawHttp raw = new RawHttp(server.address(TestMesh.IN))) {
      String names = "x-request-id, x-forwarded-proto, x-mine, close";
      raw.send("GET / HTTP/1.1\r\nHost: h\r\nx-mine: 1\r\nConnection: " + names + "\r\n\r\n");
      assertThat(raw.readToEnd())
          .contains("\nx-request-id: ")
          .contains("\nx-forwarded-proto: ")
          .doesNotContain("x-mine");
    }
  }

  @Test
  void tellsBothSidesOfTheHopInMetrics() throws Exception {
    start(Cluster.HttpUpstream.HTTP1, false);
    client.get("/");

    Await.until(
        () ->
            assertThat(client.engine.metricsText())
                .contains("istio_requests_total{reporter=\"source\",source_workload=\"client\"")
                .contains("destination_workload=\"server\"")
                .contains("destination_service=\"reviews.default.svc.cluster.local\""));
    Await.until(
        () ->
            assertThat(server.engine.metricsText())
                .contains(
                    "istio_requests_total{reporter=\"destination\",source_workload=\"client\"")
                .contains("source_principal=\"spiffe://cluster.local/ns/default/sa/client\"")
                .contains("destination_principal=\"spiffe://cluster.local/ns/default/sa/server\"")
                .contains("connection_security_policy=\"mutual_tls\""));
    Await.until(() -> assertThat(server.records()).hasSize(1));
    RequestRecord record = server.records().getFirst();
    assertThat(record.mutualTls()).isTrue();
    assertThat(record.status()).isEqualTo(200);
  }

  @Test
  void carriesHttp2Between() throws Exception {
    start(Cluster.HttpUpstream.HTTP2, false);

    for (int i = 0; i < 50; i++) {
      HttpResponse<String> answer =
          client.get("/", r -> r.POST(BodyPublishers.ofString("y".repeat(100_000))));
      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.body()).endsWith("yyy");
    }
  }

  @Test
  void refusesPlaintextUnderStrict() throws Exception {
    start(Cluster.HttpUpstream.HTTP1, false);

    try (RawHttp raw = new RawHttp(server.address(TestMesh.IN))) {
      assertThat(raw.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").readToEnd()).isEmpty();
    }
    assertThat(app.requests()).isZero();
  }

  @Test
  void servesPlaintextAndMutualTlsUnderPermissive() throws Exception {
    start(Cluster.HttpUpstream.HTTP1, true);

    try (RawHttp raw = new RawHttp(server.address(TestMesh.IN))) {
      assertThat(raw.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n").readUntil("app=app"))
          .startsWith("HTTP/1.1 200 OK\r\n");
    }
    assertThat(client.get("/").statusCode()).isEqualTo(200);
  }

  @Test
  void refusesAServerOfAnotherIdentity() throws Exception {
    start(Cluster.HttpUpstream.HTTP1, false);
    connect(2, Cluster.HttpUpstream.HTTP1, "somebody-else");

    assertThat(client.get("/").statusCode()).isEqualTo(503);
    assertThat(app.requests()).isZero();
    Await.until(() -> assertThat(client.engine.metricsText()).contains("response_flags=\"UF\""));
  }

  @Test
  void rotatesCertificatesUnderLoadWithoutAFailedRequest() throws Exception {
    start(Cluster.HttpUpstream.HTTP1, false);
    Load load = new Load(client, 4);

    for (int i = 2; i < 12; i++) {
      server.apply(
          TestMesh.snapshot(
              i,
              List.of(TestMesh.inbound(TestMesh.toApp(), false)),
              List.of(),
              List.of(TestMesh.fixed("app", app.port())),
              mesh.secrets("server")));
      connect(i, Cluster.HttpUpstream.HTTP1, "server");
      int seen = load.answered();
      Await.until(() -> assertThat(load.answered()).isGreaterThan(seen + 8));
    }

    assertThat(load.stop()).isEmpty();
  }

  private TcpProxy tcp(String... clusters) {
    ClusterChoice choice =
        clusters.length == 1
            ? new ClusterChoice.Single(clusters[0])
            : new ClusterChoice.Weighted(
                List.of(clusters).stream()
                    .map(c -> new ClusterChoice.WeightedCluster(c, 1, HeaderEdits.NONE))
                    .toList());
    return new TcpProxy("tcp", choice, Optional.empty(), List.of());
  }

  private void startTcp(int port, boolean permissive) {
    server.apply(
        TestMesh.snapshot(
            1,
            List.of(TestMesh.inbound(tcp("app"), permissive)),
            List.of(),
            List.of(TestMesh.fixed("app", port)),
            mesh.secrets("server")));
    client.apply(
        TestMesh.snapshot(
            1,
            List.of(TestMesh.outbound(tcp("db"))),
            List.of(),
            List.of(
                TestMesh.mutual(
                    "db", Cluster.HttpUpstream.HTTP1, "server", server.port(TestMesh.IN))),
            mesh.secrets("client")));
  }

  @Test
  void carriesTcpByMutualTlsAndKeepsHalfOpenConnections() throws Exception {
    try (ServerSocket echo = new ServerSocket(0)) {
      startTcp(echo.getLocalPort(), false);
      Thread.ofVirtual().start(() -> answerAfterEnd(echo));

      try (RawHttp raw = new RawHttp(client.address(TestMesh.OUT))) {
        raw.send("a".repeat(500_000)).endOutput();

        assertThat(raw.readToEnd()).isEqualTo("got 500000");
      }
      for (EngineFixture side : List.of(client, server)) {
        Await.until(
            () ->
                assertThat(side.engine.metricsText())
                    .containsPattern("istio_tcp_connections_opened_total\\{.*} 1\n")
                    .containsPattern("istio_tcp_connections_closed_total\\{.*} 1\n")
                    .containsPattern("istio_tcp_received_bytes_total\\{.*} 500000\n"));
      }
    }
  }

  private static void answerAfterEnd(ServerSocket echo) {
    try (Socket socket = echo.accept()) {
      int n = socket.getInputStream().readAllBytes().length;
      socket.getOutputStream().write(("got " + n).getBytes());
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void doesNotStallAServerThatSpeaksFirst() throws Exception {
    try (ServerSocket greeter = new ServerSocket(0)) {
      startTcp(greeter.getLocalPort(), true);
      Thread.ofVirtual()
          .start(
              () -> {
                try (Socket socket = greeter.accept()) {
                  socket.getOutputStream().write("220 hello\r\n".getBytes());
                  socket.getInputStream().read();
                } catch (IOException e) {
                  throw new java.io.UncheckedIOException(e);
                }
              });

      try (RawHttp plaintext = new RawHttp(server.address(TestMesh.IN))) {
        assertThat(plaintext.readUntil("hello")).startsWith("220 hello");
      }
    }
  }

  @Test
  void joinsTheSpansOfBothSides() throws Exception {
    start(Cluster.HttpUpstream.HTTP1, false);
    String trace = "0af7651916cd43dd8448eb211c80319c";

    String body =
        client
            .get("/", r -> r.header("traceparent", "00-" + trace + "-b7ad6b7169203331-01"))
            .body();

    assertThat(body).contains("traceparent: 00-" + trace + "-").contains("x-request-id: ");
    Await.until(() -> assertThat(server.spans).hasSize(1));
    Await.until(() -> assertThat(client.spans).hasSize(1));
    Span calling = client.spans.peek();
    Span called = server.spans.peek();
    assertThat(calling.traceIdHex()).isEqualTo(trace).isEqualTo(called.traceIdHex());
    assertThat(calling.parentSpanId()).isEqualTo(0xb7ad6b7169203331L);
    assertThat(called.parentSpanId()).isEqualTo(calling.spanId());
    assertThat(calling.kind()).isEqualTo(Span.Kind.CLIENT);
    assertThat(called.kind()).isEqualTo(Span.Kind.SERVER);
    assertThat(body).contains("-" + called.spanIdHex() + "-01");
  }
}
