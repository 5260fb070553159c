// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.model.address.CidrRange;
import io.flotilla.model.address.InternalAddress;
import io.flotilla.model.address.SocketAddress;
import io.flotilla.model.cluster.Cluster;
import io.flotilla.model.cluster.Discovery;
import io.flotilla.model.cluster.TransportMatch;
import io.flotilla.model.endpoint.Endpoint;
import io.flotilla.model.endpoint.Locality;
import io.flotilla.model.listener.FilterChain;
import io.flotilla.model.listener.HttpConnectionManager;
import io.flotilla.model.listener.HttpFilter;
import io.flotilla.model.listener.Listener;
import io.flotilla.model.listener.NetworkFilter;
import io.flotilla.model.listener.TcpProxy;
import io.flotilla.model.node.ProxyNode;
import io.flotilla.model.snapshot.ProxySnapshot;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** HBONE, as istiod configures sidecars with ENABLE_HBONE. */
class HboneTest {
  private static final String SERVER = "10.0.0.9";

  private static final String MESH =
      """
      apiVersion: v1
      kind: Service
      metadata: {name: reviews}
      spec:
        clusterIP: 10.1.0.1
        selector: {app: reviews}
        ports:
        - {name: http, port: 80, targetPort: 9080}
        - {name: tcp-data, port: 81, targetPort: 9081}
        - {name: any, port: 82, targetPort: 9082}
      ---
      apiVersion: networking.istio.io/v1
      kind: WorkloadEntry
      metadata: {name: reviews-v1}
      spec:
        address: 10.0.0.9
        serviceAccount: reviews
        labels: {app: reviews, networking.istio.io/tunnel: http, security.istio.io/tlsMode: istio}
      ---
      apiVersion: networking.istio.io/v1
      kind: WorkloadEntry
      metadata: {name: reviews-v2}
      spec:
        address: 10.0.0.8
        serviceAccount: reviews
        labels: {app: reviews, security.istio.io/tlsMode: istio}
      ---
      apiVersion: security.istio.io/v1
      kind: AuthorizationPolicy
      metadata: {name: callers}
      spec:
        rules:
        - from: [{source: {principals: ["cluster.local/ns/default/sa/client"]}}]
      """;

  private static ProxyNode node(String ip, String mode, boolean hbone) {
    return ProxyNode.parse(
        "sidecar~" + ip + "~a.default~default.svc.cluster.local",
        "a.default",
        Locality.NONE,
        "",
        hbone
            ? Map.of("INTERCEPTION_MODE", mode, "ENABLE_HBONE", "true")
            : Map.of("INTERCEPTION_MODE", mode),
        Set.of());
  }

  private static ProxySnapshot snapshot(String ip, String mode, boolean hbone) {
    return new MeshFixture().apply(MESH).connect(node(ip, mode, hbone));
  }

  @Test
  void endsTunnelsAndLeadsThemToTheChainOfTheirPort() {
    ProxySnapshot got = snapshot(SERVER, "REDIRECT", true);

    Listener ends = got.listeners().get("connect_terminate");
    assertThat(ends.address()).isEqualTo(new SocketAddress("0.0.0.0", 15008));
    assertThat(ends.filterChains().getFirst().tls().orElseThrow().common().alpn())
        .containsExactly("h2");
    assertThat(((HttpConnectionManager) ends.filterChains().getFirst().terminal()).filters())
        .contains(new HttpFilter.ConnectAuthority());

    Listener within = got.listeners().get("main_internal");
    assertThat(within.internal()).isTrue();
    assertThat(within.filterChains())
        .extracting(
            c -> c.match().destinationPort().orElse(0),
            c -> c.match().applicationProtocols(),
            c -> c.terminal() instanceof HttpConnectionManager)
        .containsExactly(
            org.assertj.core.groups.Tuple.tuple(9080, List.of(), true),
            org.assertj.core.groups.Tuple.tuple(9081, List.of(), false),
            org.assertj.core.groups.Tuple.tuple(9082, List.of("http/1.1", "h2c"), true),
            org.assertj.core.groups.Tuple.tuple(9082, List.of(), false),
            org.assertj.core.groups.Tuple.tuple(0, List.of("http/1.1", "h2c"), true),
            org.assertj.core.groups.Tuple.tuple(0, List.of(), false));
    assertThat(within.filterChains())
        .as("tunnels to elsewhere")
        .allMatch(c -> c.match().destinations().equals(List.of(new CidrRange(SERVER, 32))));
    assertThat(got.clusters().get("main_internal").discovery())
        .isInstanceOf(Discovery.Static.class);
  }

  @Test
  void takesTheTunnelsCallerForTheOneThatPoliciesName() {
    List<FilterChain> chains =
        snapshot(SERVER, "REDIRECT", true).listeners().get("main_internal").filterChains();

    assertThat(((HttpConnectionManager) chains.get(0).terminal()).filters().toString())
        .contains("io.istio.peer_principal", "cluster.local/ns/default/sa/client")
        .doesNotContain("Authenticated");
    assertThat(chains.get(1).networkFilters())
        .noneMatch(f -> f instanceof NetworkFilter.PeerExchange)
        .anyMatch(f -> f.toString().contains("io.istio.peer_principal"));
  }

  @Test
  void tunnelsToEndpointsThatTakeTunnelsAndToNoOthers() {
    ProxySnapshot got = snapshot("10.0.0.7", "REDIRECT", true);
    String name = "outbound|80||reviews.default.svc.cluster.local";

    assertThat(got.endpoints().get(name).endpoints())
        .extracting(Endpoint::address, Endpoint::transportTags)
        .containsExactlyInAnyOrder(
            org.assertj.core.groups.Tuple.tuple(
                new InternalAddress(
                    "connect_originate",
                    "10.0.0.9:9080",
                    Optional.of(new SocketAddress(SERVER, 9080))),
                Map.of("tunnel", "http")),
            org.assertj.core.groups.Tuple.tuple(
                new SocketAddress("10.0.0.8", 9080), Map.of("tlsMode", "istio")));
    assertThat(got.clusters().get(name).transports())
        .extracting(TransportMatch::name, TransportMatch::internal)
        .startsWith(org.assertj.core.groups.Tuple.tuple("hbone", true));
    TcpProxy opens =
        (TcpProxy) got.listeners().get("connect_originate").filterChains().getFirst().terminal();
    assertThat(opens.tunnel()).contains(new TcpProxy.Tunnel(TcpProxy.Tunnel.DESTINATION, false));
    Cluster ends = got.clusters().get("connect_originate");
    assertThat(ends.discovery()).isEqualTo(new Discovery.OriginalDestination(Optional.of(15008)));
    assertThat(ends.http()).isEqualTo(Cluster.HttpUpstream.HTTP2);
  }

  @Test
  void tunnelsWhereConnectionsAreNotIntercepted() {
    ProxySnapshot got = snapshot(SERVER, "NONE", true);

    assertThat(got.listeners().get("connect_terminate").address())
        .isEqualTo(new SocketAddress(SERVER, 15008));
    assertThat(got.listeners().get("main_internal").filterChains()).hasSize(4);
  }

  @Test
  void leavesTunnelsAloneWhereTheNodeDoesNotSpeakThem() {
    ProxySnapshot got = snapshot(SERVER, "REDIRECT", false);

    assertThat(got.listeners()).doesNotContainKeys("connect_terminate", "main_internal");
    assertThat(got.endpoints().values())
        .flatExtracting(a -> a.endpoints())
        .noneMatch(e -> e.address() instanceof InternalAddress);
  }
}
