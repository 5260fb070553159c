// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.flotilla.model.listener.Listener;
import io.flotilla.model.route.Route;
import io.flotilla.model.route.RouteAction;
import io.flotilla.model.route.RouteMatch;
import java.net.InetSocketAddress;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The PROXY protocol from a load balancer: what Envoy takes, we take, and what it refuses. */
class ProxyProtocolIT {
  private static final String SIGNATURE = "\r\n\r\n\0\r\nQUIT\n";
  private static final Pattern FORWARDED = Pattern.compile("x-forwarded-for: (\\S+)");

  private static final Set<String> SENT = Set.of("10.1.2.3", "2001:db8::1");

  private static final EchoApp app = new EchoApp("app");
  private static final EngineFixture proxy = new EngineFixture("edge");
  private static @TempDir Path folder;
  private static EnvoyPeer envoy;

  @BeforeAll
  static void start() throws Exception {
    assumeTrue(EnvoyPeer.isInstalled(), EnvoyPeer.absence());
    Listener edge = TestMesh.behindLoadBalancer();
    proxy.apply(
        TestMesh.snapshot(
            1,
            List.of(edge),
            List.of(TestMesh.routes(Route.of("r", RouteMatch.ANY, RouteAction.Forward.to("app")))),
            List.of(TestMesh.fixed("app", app.port())),
            List.of()));
    envoy =
        new EnvoyPeer(
            folder,
            """
                listener_filters:
                - name: proxy
                  typed_config: {"@type": type.googleapis.com/envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol}
                listener_filters_timeout: 0.5s
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
                        - {name: all, domains: ["*"], routes: [{match: {prefix: /}, route: {cluster: app}}]}
            """,
            """
              - name: app
                type: STATIC
                load_assignment: {cluster_name: app, endpoints: [{lb_endpoints: [{endpoint: {address: {socket_address: {address: 127.0.0.1, port_value: %d}}}}]}]}
            """
                .formatted(app.port()));
  }

  @AfterAll
  static void stop() {
    proxy.close();
    app.close();
    if (envoy != null) {
      envoy.close();
    }
  }

  private static String binary(String command, String family, String addresses) {
    return SIGNATURE
        + command
        + family
        + (char) (addresses.length() >> 8)
        + (char) (addresses.length() & 255)
        + addresses;
  }

  static Stream<String> headers() {
    String four = "\12\1\2\3\12\4\5\6" + "\1\1" + "\2\2";
    String prefix = "\u0020\1\r\u00b8" + "\0".repeat(11);
    String six = prefix + "\1" + prefix + "\2" + "\1\1" + "\2\2";
    return Stream.of(
        "PROXY TCP4 10.1.2.3 10.4.5.6 1000 80\r\n",
        "PROXY TCP6 2001:db8::1 2001:db8::2 1000 80\r\n",
        "PROXY UNKNOWN\r\n",
        "PROXY UNKNOWN ffff:f...f:ffff ffff:f...f:ffff 65535 65535\r\n",
        "PROXY TCP4 10.1.2.3 10.4.5.6 1000 80\n",
        "PROXY TCP4 10.1.2.3 10.4.5.6 1000\r\n",
        "PROXY TCP4 10.1.2.256 10.4.5.6 1000 80\r\n",
        "PROXY TCP4 10.1.2.3 10.4.5.6 70000 80\r\n",
        "PROXY TCP4 2001:db8::1 2001:db8::2 1000 80\r\n",
        "PROXY TCP5 10.1.2.3 10.4.5.6 1000 80\r\n",
        "PROXY TCP4 " + "1".repeat(200),
        "proxy TCP4 10.1.2.3 10.4.5.6 1000 80\r\n",
        "",
        binary("\41", "\21", four),
        binary("\41", "\21", four + "\4\0\3abc"),
        binary("\41", "\41", six),
        binary("\40", "\0", ""),
        binary("\40", "\21", four),
        binary("\41", "\0", ""),
        binary("\21", "\21", four),
        binary("\42", "\21", four),
        binary("\41", "\21", "\12\1\2\3"),
        binary("\41", "\22", four),
        SIGNATURE.substring(0, 8));
  }

  @ParameterizedTest
  @MethodSource("headers")
  void isReadAsByEnvoy(String header) throws Exception {
    assertThat(client(proxy.address(TestMesh.OUT), header))
        .isEqualTo(client(envoy.address(), header));
  }

  /** Who the backend was told the client is, or "refused". */
  private static String client(InetSocketAddress edge, String header) throws Exception {
    try (RawHttp raw = new RawHttp(edge)) {
      raw.send(header + "GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
      String answer = raw.readToEnd();
      Matcher found = FORWARDED.matcher(answer);
      if (found.find()) {
        // Envoy tells its own address where the client is on the same machine.
        return SENT.contains(found.group(1)) ? found.group(1) : "the load balancer";
      }
      return answer.isEmpty() ? "refused" : answer;
    } catch (java.net.SocketException reset) {
      return "refused";
    }
  }
}
