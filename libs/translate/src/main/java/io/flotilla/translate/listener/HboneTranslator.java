// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate.listener;

import io.flotilla.model.address.CidrRange;
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
import io.flotilla.translate.endpoint.TunnelledEndpoints;
import io.flotilla.translate.policy.AccessFilters;
import io.flotilla.translate.service.Protocol;
import java.time.Duration;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * HBONE: connections of the mesh as streams of one HTTP/2 connection with mutual TLS on port 15008
 * (Istio documentation, "HBONE"), for proxies whose node says ENABLE_HBONE. The names are Istio's.
 */
public final class HboneTranslator {
  /** Where tunnels arrive. */
  public static final int PORT = 15008;

  private static final String TERMINATE = "connect_terminate";
  private static final String WITHIN = "main_internal";
  private static final String ORIGINATE = TunnelledEndpoints.ORIGINATE;
  private static final String PEER = "io.istio.peer_principal";

  private HboneTranslator() {}

  // ---- tunnels that the workload opens ----

  /** What opens tunnels. */
  static Listener originating() {
    return Listener.internal(
        ORIGINATE,
        TrafficDirection.UNSPECIFIED,
        EnumSet.of(Inspector.ORIGINAL_DESTINATION),
        List.of(
            FilterChain.plain(
                "",
                new TcpProxy(
                        ORIGINATE, new ClusterChoice.Single(ORIGINATE), Optional.empty(), List.of())
                    .through(new TcpProxy.Tunnel(TcpProxy.Tunnel.DESTINATION, false)))),
        List.of());
  }

  /** The tunnels' other ends. */
  public static Cluster ends(String trustDomain) {
    Cluster plain = Cluster.of(ORIGINATE, new Discovery.OriginalDestination(Optional.of(PORT)));
    return new Cluster(
        plain.name(),
        plain.discovery(),
        new LoadBalancing.ClusterProvided(),
        plain.connectTimeout(),
        Cluster.HttpUpstream.HTTP2,
        List.of(new TransportMatch("", Map.of(), Optional.of(MeshTls.tunnelClient(trustDomain)))),
        plain.circuitBreakers(),
        Optional.empty(),
        Optional.empty(),
        List.of(),
        plain.connection(),
        "");
  }

  // ---- tunnels that end at the workload ----

  /** Where tunnels end, and the way from there to the chain of their port. */
  static Listener terminating(String address, String trustDomain, String serverName) {
    Route connect =
        Route.of(
            "",
            new RouteMatch(
                new PathMatch.Connect(), true, List.of(), List.of(), Optional.empty(), false),
            RouteAction.Forward.to(WITHIN).allowing(List.of(RouteAction.Forward.CONNECT)));
    HttpConnectionManager plain =
        HttpConnectionManager.of(
            TERMINATE,
            new RouteSource.Inline(
                RouteConfiguration.of(
                    "default", List.of(VirtualHost.of("default", List.of("*"), List.of(connect))))),
            List.of(new HttpFilter.ConnectAuthority(), new HttpFilter.Router(false)));
    HttpConnectionManager manager =
        new HttpConnectionManager(
            plain.statPrefix(),
            plain.codec(),
            plain.routes(),
            plain.filters(),
            false,
            0,
            HttpConnectionManager.ForwardClientCert.APPEND_FORWARD,
            true,
            serverName,
            plain.paths(),
            Optional.of(Duration.ZERO),
            Duration.ZERO,
            Optional.empty(),
            plain.maxRequestHeadersKiB(),
            List.of(RouteAction.Forward.CONNECT),
            Optional.empty(),
            List.of());
    return Listener.of(
        TERMINATE,
        new SocketAddress(address, PORT),
        TrafficDirection.INBOUND,
        new FilterChain(
            "default",
            FilterChainMatch.ANY,
            Optional.of(MeshTls.tunnelServer(trustDomain)),
            List.of(),
            manager));
  }

  /** The chains of all ports, for what was within tunnels. */
  static Listener within(List<FilterChain> chains, Chains of) {
    return Listener.internal(
        WITHIN,
        TrafficDirection.INBOUND,
        EnumSet.of(Inspector.ORIGINAL_DESTINATION, Inspector.HTTP),
        chains,
        of.accessLogs());
  }

  static Cluster toWithin() {
    Endpoint endpoint =
        new Endpoint(
            new InternalAddress(WITHIN, "", Optional.empty()),
            "",
            1,
            Endpoint.Health.HEALTHY,
            Map.of(),
            Optional.empty());
    Cluster plain =
        Cluster.of(
            WITHIN, new Discovery.Static(ClusterLoadAssignment.of(WITHIN, List.of(endpoint))));
    return new Cluster(
        plain.name(),
        plain.discovery(),
        plain.loadBalancing(),
        plain.connectTimeout(),
        plain.http(),
        List.of(new TransportMatch("", Map.of(), Optional.empty()).inside()),
        plain.circuitBreakers(),
        Optional.empty(),
        Optional.empty(),
        List.of(),
        plain.connection(),
        "");
  }

  /**
   * A port's chains.
   *
   * @param port 0: any
   * @param address the workload's, for tunnels to elsewhere are not served
   */
  static List<FilterChain> chains(
      Protocol protocol,
      String name,
      int port,
      String address,
      HttpConnectionManager http,
      FilterChain tcp) {
    CidrRange own = new CidrRange(address, address.indexOf(':') >= 0 ? 128 : 32);
    boolean sniffed = protocol == Protocol.SNIFFED;
    FilterChain requests =
        new FilterChain(
            name,
            match(port, own, sniffed ? List.of("http/1.1", "h2c") : List.of()),
            Optional.empty(),
            List.of(),
            http);
    FilterChain bytes =
        new FilterChain(
            name,
            match(port, own, List.of()),
            Optional.empty(),
            tcp.networkFilters().stream()
                .filter(f -> !(f instanceof NetworkFilter.PeerExchange))
                .toList(),
            tcp.terminal());
    return sniffed ? List.of(requests, bytes) : List.of(protocol.isHttp() ? requests : bytes);
  }

  private static FilterChainMatch match(int port, CidrRange own, List<String> protocols) {
    return new FilterChainMatch(
        port == 0 ? Optional.empty() : Optional.of(port),
        List.of(own),
        List.of(),
        "",
        protocols,
        List.of());
  }

  // ---- who is at the tunnel's other end ----

  /** The same where the caller's certificate is the tunnel's, and not the connection's. */
  static AccessFilters overTunnels(AccessFilters filters) {
    return new AccessFilters(
        filters.http().stream()
            .map(
                f ->
                    f instanceof HttpFilter.AccessControl(Rbac rbac)
                        ? new HttpFilter.AccessControl(overTunnels(rbac))
                        : f)
            .toList(),
        filters.tcp().stream()
            .map(
                f ->
                    f instanceof NetworkFilter.AccessControl(Rbac rbac, String prefix)
                        ? new NetworkFilter.AccessControl(overTunnels(rbac), prefix)
                        : f)
            .toList(),
        filters.clusters());
  }

  private static Rbac overTunnels(Rbac rbac) {
    return new Rbac(
        rbac.rules().map(HboneTranslator::overTunnels),
        rbac.shadowRules().map(HboneTranslator::overTunnels),
        rbac.shadowPrefix());
  }

  private static AccessRules overTunnels(AccessRules rules) {
    Map<String, AccessPolicy> policies = new LinkedHashMap<>();
    rules
        .policies()
        .forEach(
            (name, policy) ->
                policies.put(
                    name,
                    new AccessPolicy(
                        policy.permissions(),
                        policy.principals().stream().map(HboneTranslator::overTunnels).toList())));
    return new AccessRules(rules.action(), policies);
  }

  private static AccessCondition overTunnels(AccessCondition condition) {
    return switch (condition) {
      case AccessCondition.Authenticated(Optional<StringMatch> name) ->
          new AccessCondition.FilterState(
              PEER, name.orElseGet(() -> StringMatch.prefix("spiffe://")));
      case AccessCondition.And(List<AccessCondition> all) ->
          new AccessCondition.And(all.stream().map(HboneTranslator::overTunnels).toList());
      case AccessCondition.Or(List<AccessCondition> any) ->
          new AccessCondition.Or(any.stream().map(HboneTranslator::overTunnels).toList());
      case AccessCondition.Not(AccessCondition not) -> new AccessCondition.Not(overTunnels(not));
      default -> condition;
    };
  }
}
