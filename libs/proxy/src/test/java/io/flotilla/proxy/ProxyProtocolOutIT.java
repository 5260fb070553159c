// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.flotilla.model.cluster.Cluster;
import io.flotilla.model.cluster.EndpointRules;
import io.flotilla.model.cluster.HealthCheck;
import io.flotilla.model.cluster.TransportMatch.ProxyHeader;
import io.flotilla.model.listener.TcpProxy;
import io.flotilla.model.match.PathMatch;
import io.flotilla.model.match.Percentage;
import io.flotilla.model.route.ClusterChoice;
import io.flotilla.model.route.Route;
import io.flotilla.model.route.RouteAction;
import io.flotilla.model.route.RouteMatch;
import io.flotilla.model.tls.Secret;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;

/**
 * The PROXY protocol towards upstreams: the bytes that Envoy sends, in its places, and what an
 * Envoy behind us reads from them.
 */
class ProxyProtocolOutIT {
  private static final String SIGNATURE = "\r\n\r\n\0\r\nQUIT\n";
  private static final String FOUR = "PROXY TCP4 10.1.2.3 10.4.5.6 1000 80\r\n";
  private static final String SIX = "PROXY TCP6 2001:db8::1 2001:db8::2 1000 80\r\n";
  private static final Pattern BODY = Pattern.compile("\r\n\r\n(\\d+) ([0-9a-f]*)$");
  private static final Pattern READ = Pattern.compile("x-read: ([^\r]*)\r\n");

  private static final EngineFixture proxy = new EngineFixture("edge");
  private static @TempDir Path folder;
  private static PrefaceRecorder recorder;
  private static EnvoyPeer envoy;
  private static EnvoyPeer reader;

  @BeforeAll
  static void start() throws Exception {
    assumeTrue(EnvoyPeer.isInstalled(), EnvoyPeer.absence());
    recorder = new PrefaceRecorder();
    reader = new EnvoyPeer(Files.createDirectory(folder.resolve("reader")), reading(""), "  []");
    proxy.apply(
        TestMesh.snapshot(
            1,
            List.of(TestMesh.behindLoadBalancer()),
            List.of(
                TestMesh.routes(
                    to("/V1", "V1"),
                    to("/V2", "V2"),
                    mirrored("/mirror-V1-ours", "V1"),
                    mirrored("/mirror-V2-ours", "V2"),
                    to("/read-V1", "read-V1"),
                    to("/read-V2", "read-V2"),
                    to("/h2-V1", "h2-V1"),
                    to("/h2-V2", "h2-V2"))),
            List.of(
                TestMesh.fixed("plain", recorder.port()),
                checked(ProxyHeader.V1),
                checked(ProxyHeader.V2),
                read(TestMesh.fixed("read-V1", reader.address().getPort()), ProxyHeader.V1),
                read(TestMesh.fixed("read-V2", reader.address().getPort()), ProxyHeader.V2),
                read(TestMesh.http2("h2-V1", reader.address().getPort()), ProxyHeader.V1),
                read(TestMesh.http2("h2-V2", reader.address().getPort()), ProxyHeader.V2)),
            List.of()));
    envoy =
        new EnvoyPeer(
            Files.createDirectory(folder.resolve("writer")),
            """
                listener_filters:
                - name: proxy
                  typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol}
                filter_chains:
                - filters:
                  - name: http
                    typed_config:
                      "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                      stat_prefix: edge
                      use_remote_address: true
                      http_filters:
                      - name: router
                        typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}
                      route_config:
                        virtual_hosts:
                        - name: all
                          domains: ["*"]
                          routes:
                          - {match: {prefix: /V1}, route: {cluster: V1}}
                          - {match: {prefix: /V2}, route: {cluster: V2}}
                          - {match: {prefix: /mirror-V1}, route: {cluster: plain, request_mirror_policies: [{cluster: V1}]}}
                          - {match: {prefix: /mirror-V2}, route: {cluster: plain, request_mirror_policies: [{cluster: V2}]}}
            """,
            writing("plain", "")
                + writing("V1", outer("V1") + probe("V1"))
                + writing("V2", outer("V2") + probe("V2")));
  }

  @AfterAll
  static void stop() throws Exception {
    proxy.close();
    if (recorder != null) {
      recorder.close();
    }
    if (envoy != null) {
      envoy.close();
    }
    if (reader != null) {
      reader.close();
    }
  }

  private static Route to(String prefix, String cluster) {
    return Route.of(
        prefix, RouteMatch.of(new PathMatch.Prefix(prefix)), RouteAction.Forward.to(cluster));
  }

  private static Route mirrored(String prefix, String copyTo) {
    RouteAction.Forward plain = RouteAction.Forward.to("plain");
    return Route.of(
        prefix,
        RouteMatch.of(new PathMatch.Prefix(prefix)),
        new RouteAction.Forward(
            plain.cluster(),
            plain.timeout(),
            plain.idleTimeout(),
            plain.maxGrpcTimeout(),
            plain.retryPolicy(),
            plain.pathRewrite(),
            plain.hostRewrite(),
            plain.hashPolicies(),
            List.of(new RouteAction.Mirror(copyTo, Percentage.ALL)),
            plain.upgrades()));
  }

  private static Cluster checked(ProxyHeader header) {
    HealthCheck check =
        HealthCheck.of(
            HealthCheck.Http.of("/probe-" + header + "-ours"),
            Duration.ofSeconds(5),
            Duration.ofSeconds(30));
    return TestMesh.told(
        TestMesh.fixed(header.name(), recorder.port())
            .with(new EndpointRules(Optional.of(check), false, Optional.empty(), false)),
        header);
  }

  private static Cluster read(Cluster plain, ProxyHeader header) {
    return TestMesh.told(plain, header);
  }

  /** An Envoy's listener that answers by what the PROXY protocol told it. */
  private static String reading(String tls) {
    return """
            listener_filters:
            - name: proxy
              typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol}
            filter_chains:
            - filters:
              - name: http
                typed_config:
                  "@type": type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager
                  stat_prefix: edge
                  use_remote_address: true
                  http_filters:
                  - name: router
                    typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.http.router.v3.Router}
                  route_config:
                    response_headers_to_add:
                    - header: {key: x-read, value: "%DOWNSTREAM_REMOTE_ADDRESS% %DOWNSTREAM_LOCAL_ADDRESS%"}
                    - header: {key: x-connection, value: "%CONNECTION_ID%"}
                    virtual_hosts:
                    - {name: all, domains: ["*"], routes: [{match: {prefix: /}, direct_response: {status: 200}}]}
        """
        + tls;
  }

  private static String writing(String name, String more) {
    return """
          - name: %s
            type: STATIC
            load_assignment: {cluster_name: %s, endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: %d}}}}]}]}
        """
            .formatted(name, name, recorder.port())
        + more;
  }

  private static String outer(String version) {
    return """
            transport_socket:
              name: envoy.transport_sockets.upstream_proxy_protocol
              typed_config:
                "@type": type.googleapis.com/envoy.extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport
                config: {version: %s}
                transport_socket:
                  name: raw
                  typed_config: {"@type": type.googleapis.com/envoy.extensions.transport_sockets.raw_buffer.v3.RawBuffer}
        """
        .formatted(version);
  }

  private static String probe(String version) {
    return """
            health_checks: [{timeout: 5s, interval: 30s, unhealthy_threshold: 2, healthy_threshold: 2, http_health_check: {path: /probe-%s-envoy}}]
        """
        .formatted(version);
  }

  private static String binary(boolean six) {
    String prefix = "\u0020\1\r\u00b8" + "\0".repeat(11);
    String ports = "\3\u00e8\0\120";
    return six
        ? SIGNATURE + "\41\41\0\44" + prefix + "\1" + prefix + "\2" + ports
        : SIGNATURE + "\41\21\0\14" + "\12\1\2\3\12\4\5\6" + ports;
  }

  @ParameterizedTest
  @CsvSource({"V1, false", "V1, true", "V2, false", "V2, true"})
  void sendsTheBytesThatEnvoySends(ProxyHeader version, boolean six) throws Exception {
    String told = six ? SIX : FOUR;
    String wanted = version == ProxyHeader.V1 ? told : binary(six);
    for (String extra : List.of("", "X-Forwarded-For: 192.0.2.9\r\n")) {
      String ours = preface(ask(proxy.address(TestMesh.OUT), told, "/" + version, extra));
      assertThat(ours).isEqualTo(PrefaceRecorder.hex(wanted));
      assertThat(preface(ask(envoy.address(), told, "/" + version, extra))).isEqualTo(ours);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "read-V1, false",
    "read-V1, true",
    "read-V2, false",
    "read-V2, true",
    "h2-V1, false",
    "h2-V2, true"
  })
  void isReadByAnEnvoy(String cluster, boolean six) throws Exception {
    assertThat(found(READ, ask(proxy.address(TestMesh.OUT), six ? SIX : FOUR, "/" + cluster, "")))
        .isEqualTo(six ? "[2001:db8::1]:1000 [2001:db8::2]:80" : "10.1.2.3:1000 10.4.5.6:80");
  }

  @Test
  void sharesConnectionsOnlyBetweenRequestsOfTheSameAddresses() throws Exception {
    for (String kind : List.of("read-V1", "h2-V2")) {
      Pattern id = Pattern.compile("x-connection: (\\d+)");
      InetSocketAddress edge = proxy.address(TestMesh.OUT);
      String get = "GET /" + kind + " HTTP/1.1\r\nHost: h\r\n\r\n";
      try (RawHttp one = new RawHttp(edge);
          RawHttp other = new RawHttp(edge)) {
        String first =
            found(
                id, one.send("PROXY TCP4 10.9.9.1 10.4.5.6 7 80\r\n" + get).readUntil("\r\n\r\n"));
        assertThat(found(id, one.send(get).readUntil("\r\n\r\n"))).isEqualTo(first);
        assertThat(
                found(
                    id,
                    other
                        .send("PROXY TCP4 10.9.9.2 10.4.5.6 7 80\r\n" + get)
                        .readUntil("\r\n\r\n")))
            .isNotEqualTo(first);
      }
    }
  }

  @Test
  void closesWhatAClientThatIsGoneLeavesBehind() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 5, InetAddress.getByName("127.0.0.1"));
        EngineFixture own = new EngineFixture("own")) {
      own.apply(
          TestMesh.snapshot(
              1,
              List.of(TestMesh.outbound()),
              List.of(TestMesh.routes(to("/", "app"))),
              List.of(TestMesh.told(TestMesh.fixed("app", server.getLocalPort()), ProxyHeader.V1)),
              List.of()));
      RawHttp client = new RawHttp(own.address(TestMesh.OUT));
      client.send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
      try (Socket upstream = server.accept()) {
        upstream.setSoTimeout(10_000);
        String read = "";
        while (!read.endsWith("\r\n\r\n")) {
          read += (char) upstream.getInputStream().read();
        }
        upstream
            .getOutputStream()
            .write("HTTP/1.1 204 No Content\r\n\r\n".getBytes(StandardCharsets.ISO_8859_1));
        assertThat(client.readUntil("\r\n\r\n")).startsWith("HTTP/1.1 204 ");
        client.close();
        assertThat(upstream.getInputStream().read()).isEqualTo(-1);
      }
    }
  }

  @ParameterizedTest
  @EnumSource(ProxyHeader.class)
  void tellsOfNoClientWhereThereIsNone(ProxyHeader version) throws Exception {
    for (String what : List.of("/probe-", "/mirror-")) {
      for (String who : List.of("ours", "envoy")) {
        String path = what + version + "-" + who;
        if (what.equals("/mirror-")) {
          ask(who.equals("ours") ? proxy.address(TestMesh.OUT) : envoy.address(), FOUR, path, "");
        }
        Await.until(
            () ->
                assertThat(recorder.seen(path).stream().filter(s -> !s.preface().isEmpty()))
                    .first()
                    .satisfies(
                        s ->
                            assertThat(s.preface())
                                .as(path)
                                .isEqualTo(
                                    version == ProxyHeader.V2
                                        ? SIGNATURE + "\40\0\0\0"
                                        : "PROXY TCP4 127.0.0.1 127.0.0.1 "
                                            + s.peer()
                                            + " "
                                            + recorder.port()
                                            + "\r\n")));
      }
    }
  }

  @ParameterizedTest
  @EnumSource(ProxyHeader.class)
  void goesAheadOfRelayedBytes(ProxyHeader version) throws Exception {
    try (EngineFixture relay = new EngineFixture("relay")) {
      relay.apply(
          TestMesh.snapshot(
              1,
              List.of(
                  TestMesh.behindLoadBalancer(
                      new TcpProxy(
                          "tcp", new ClusterChoice.Single("app"), Optional.empty(), List.of()))),
              List.of(),
              List.of(TestMesh.told(TestMesh.fixed("app", recorder.port()), version)),
              List.of()));
      assertThat(preface(relayed(relay.address(TestMesh.OUT))))
          .isEqualTo(PrefaceRecorder.hex(version == ProxyHeader.V1 ? SIX : binary(true)));
    }
  }

  @ParameterizedTest
  @EnumSource(ProxyHeader.class)
  void goesAheadOfTls(ProxyHeader version) throws Exception {
    TestMesh mesh = new TestMesh();
    Secret.KeyPair own = (Secret.KeyPair) mesh.secrets("server").getFirst();
    String tls =
        """
              transport_socket:
                name: tls
                typed_config:
                  "@type": type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext
                  common_tls_context:
                    tls_certificates: [{certificate_chain: {inline_string: "%s"}, private_key: {inline_string: "%s"}}]
        """
            .formatted(line(own.chainPem()), line(own.keyPem()));
    Path place = Files.createDirectory(folder.resolve("tls-" + version));
    try (EnvoyPeer secure = new EnvoyPeer(place, reading(tls), "  []");
        EngineFixture client = new EngineFixture("client")) {
      client.apply(
          TestMesh.snapshot(
              1,
              List.of(TestMesh.behindLoadBalancer()),
              List.of(TestMesh.routes(to("/", "app"))),
              List.of(
                  TestMesh.told(
                      TestMesh.mutual(
                          "app", Cluster.HttpUpstream.HTTP1, "server", secure.address().getPort()),
                      version)),
              mesh.secrets("client")));
      assertThat(found(READ, ask(client.address(TestMesh.OUT), FOUR, "/", "")))
          .isEqualTo("10.1.2.3:1000 10.4.5.6:80");
    }
  }

  // The recorder keeps its connection open.
  private static String relayed(InetSocketAddress edge) throws Exception {
    try (RawHttp raw = new RawHttp(edge)) {
      return raw.send(SIX + "GET /relayed HTTP/1.1\r\nHost: h\r\n\r\n").endOutput().readToEnd();
    }
  }

  private static String line(String pem) {
    return pem.replace("\n", "\\n");
  }

  private static String ask(InetSocketAddress edge, String told, String path, String extra)
      throws Exception {
    try (RawHttp raw = new RawHttp(edge)) {
      return raw.send(
              told
                  + "GET "
                  + path
                  + " HTTP/1.1\r\nHost: h\r\n"
                  + extra
                  + "Connection: close\r\n\r\n")
          .readToEnd();
    }
  }

  private static String preface(String answer) {
    Matcher matcher = BODY.matcher(answer);
    assertThat(matcher.find()).as(answer).isTrue();
    return matcher.group(2);
  }

  private static String found(Pattern pattern, String answer) {
    Matcher matcher = pattern.matcher(answer);
    assertThat(matcher.find()).as(answer).isTrue();
    return matcher.group(1);
  }
}
