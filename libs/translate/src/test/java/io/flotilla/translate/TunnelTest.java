// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.model.endpoint.Locality;
import io.flotilla.model.listener.FilterChain;
import io.flotilla.model.listener.Listener;
import io.flotilla.model.listener.TcpProxy;
import io.flotilla.model.node.ProxyNode;
import io.flotilla.model.route.ClusterChoice;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** DestinationRules with a tunnel: connections to a host by way of an HTTP proxy. */
class TunnelTest {
  private static final String FORWARD =
      """
      apiVersion: networking.istio.io/v1
      kind: ServiceEntry
      metadata: {name: outside}
      spec:
        hosts: [external.com]
        addresses: [10.9.0.1]
        ports: [{number: 443, name: tls, protocol: TLS}]
        resolution: STATIC
        location: MESH_EXTERNAL
        endpoints: [{address: 10.9.0.1}]
      ---
      apiVersion: networking.istio.io/v1
      kind: ServiceEntry
      metadata: {name: proxy}
      spec:
        hosts: [forward-proxy.com]
        addresses: [10.9.0.2]
        ports: [{number: 3128, name: tcp, protocol: TCP}]
        resolution: STATIC
        location: MESH_EXTERNAL
        endpoints: [{address: 10.9.0.2}]
      ---
      apiVersion: networking.istio.io/v1
      kind: VirtualService
      metadata: {name: route}
      spec:
        hosts: [external.com]
        tls:
        - match: [{port: 443, sniHosts: [external.com]}]
          route: [{destination: {host: forward-proxy.com, subset: external-443, port: {number: 3128}}}]
      ---
      apiVersion: networking.istio.io/v1
      kind: DestinationRule
      metadata: {name: tunnel}
      spec:
        host: forward-proxy.com
        trafficPolicy:
          tunnel: {targetHost: "2001:db8::1", targetPort: 80, protocol: POST}
        subsets:
        - name: external-443
          trafficPolicy:
            tunnel: {targetHost: external.com, targetPort: 443}
        - name: direct
      """;

  private static List<TcpProxy> proxies(String yaml) {
    return new MeshFixture()
            .apply(yaml)
            .connect(
                ProxyNode.parse(
                    "sidecar~10.0.0.9~client.default~default.svc.cluster.local",
                    "client.default",
                    Locality.NONE,
                    "",
                    Map.of("INTERCEPTION_MODE", "REDIRECT"),
                    Set.of()))
            .listeners()
            .values()
            .stream()
            .flatMap(TunnelTest::chains)
            .map(FilterChain::terminal)
            .filter(TcpProxy.class::isInstance)
            .map(TcpProxy.class::cast)
            .toList();
  }

  private static Stream<FilterChain> chains(Listener listener) {
    return Stream.concat(listener.filterChains().stream(), listener.defaultFilterChain().stream());
  }

  private static Optional<TcpProxy.Tunnel> tunnel(List<TcpProxy> proxies, String cluster) {
    List<Optional<TcpProxy.Tunnel>> found =
        proxies.stream()
            .filter(t -> t.cluster().equals(new ClusterChoice.Single(cluster)))
            .map(TcpProxy::tunnel)
            .distinct()
            .toList();
    assertThat(found).as("chains to %s", cluster).hasSize(1);
    return found.getFirst();
  }

  @Test
  void tunnelsARouteByTheSubsetThatItNames() {
    assertThat(tunnel(proxies(FORWARD), "outbound|3128|external-443|forward-proxy.com"))
        .contains(new TcpProxy.Tunnel("external.com:443", false));
  }

  @Test
  void tunnelsAHostsOwnConnectionsByItsRule() {
    assertThat(tunnel(proxies(FORWARD), "outbound|3128||forward-proxy.com"))
        .contains(new TcpProxy.Tunnel("[2001:db8::1]:80", true));
  }

  @Test
  void leavesSubsetsWithoutATunnelOfTheirOwnAlone() {
    assertThat(
            tunnel(
                proxies(FORWARD.replace("subset: external-443", "subset: direct")),
                "outbound|3128|direct|forward-proxy.com"))
        .isEmpty();
  }
}
