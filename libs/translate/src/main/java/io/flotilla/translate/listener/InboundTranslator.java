// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate.listener;

import io.flotilla.model.address.SocketAddress;
import io.flotilla.model.cluster.CircuitBreakers;
import io.flotilla.model.cluster.Cluster;
import io.flotilla.model.cluster.Cluster.HttpUpstream;
import io.flotilla.model.cluster.Cluster.ServiceRef;
import io.flotilla.model.cluster.ConnectionSettings;
import io.flotilla.model.cluster.Discovery;
import io.flotilla.model.cluster.LoadBalancing;
import io.flotilla.model.endpoint.ClusterLoadAssignment;
import io.flotilla.model.endpoint.Endpoint;
import io.flotilla.model.listener.FilterChain;
import io.flotilla.model.listener.FilterChainMatch;
import io.flotilla.model.listener.HttpConnectionManager;
import io.flotilla.model.listener.HttpConnectionManager.RouteSource;
import io.flotilla.model.listener.Listener;
import io.flotilla.model.listener.Listener.Inspector;
import io.flotilla.model.listener.Listener.TrafficDirection;
import io.flotilla.model.node.ProxyNode;
import io.flotilla.model.route.RetryPolicy;
import io.flotilla.model.route.RetryPolicy.Condition;
import io.flotilla.model.route.Route;
import io.flotilla.model.route.RouteAction;
import io.flotilla.model.route.RouteConfiguration;
import io.flotilla.model.route.RouteMatch;
import io.flotilla.model.route.VirtualHost;
import io.flotilla.model.tls.DownstreamTls;
import io.flotilla.translate.MeshSettings;
import io.flotilla.translate.ProxyScope;
import io.flotilla.translate.policy.AccessFilters;
import io.flotilla.translate.service.Protocol;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A sidecar's inbound side. Intercepting: one listener virtualInbound whose chains tell the ports
 * apart, passing unknown ports through. Not intercepting: one bound listener a port, and static
 * clusters to the application.
 */
public final class InboundTranslator {
  /** Where connections to ports that no service declares go. */
  public static final String PASSTHROUGH = "InboundPassthroughCluster";

  private static final String BLACK_HOLE = "BlackHoleCluster";
  private static final String BIND_SOURCE = "127.0.0.6";

  private final MeshSettings mesh;
  private final ProxyNode node;
  private final ProxyScope scope;
  private final Chains chains;
  private final Chains tunnelled;

  /**
   * @param access what guards the workload
   */
  public InboundTranslator(MeshSettings mesh, ProxyNode node, AccessFilters access) {
    this.mesh = mesh;
    this.node = node;
    this.scope = ProxyScope.of(node);
    this.chains = new Chains(mesh, scope, access);
    this.tunnelled = new Chains(mesh, scope, HboneTranslator.overTunnels(access));
  }

  /** The listeners, by name. */
  public Map<String, Listener> listeners(List<InboundPort> ports, MtlsPolicy mtls) {
    Map<String, Listener> out = new LinkedHashMap<>();
    if (scope.intercepts()) {
      Listener listener = virtualInbound(ports, mtls);
      out.put(listener.name(), listener);
    } else {
      for (InboundPort port : ports) {
        Listener listener = bound(port, mtls.of(port.port()));
        out.put(listener.name(), listener);
      }
    }
    if (scope.tunnels()) {
      Listener ends =
          HboneTranslator.terminating(
              scope.intercepts() ? "0.0.0.0" : node.ip(), mesh.trustDomain(), "istio-envoy");
      Listener within = HboneTranslator.within(tunnelledChains(ports), tunnelled);
      out.put(ends.name(), ends);
      out.put(within.name(), within);
    }
    return out;
  }

  private List<FilterChain> tunnelledChains(List<InboundPort> ports) {
    List<FilterChain> out = new ArrayList<>();
    for (InboundPort port : ports) {
      String name = (scope.intercepts() ? "0.0.0.0" : node.ip()) + "_" + port.port();
      out.addAll(
          HboneTranslator.chains(
              port.protocol(),
              name,
              port.port(),
              node.ip(),
              http(tunnelled, port),
              tunnelled.inboundTcpChain(
                  name, FilterChainMatch.ANY, Optional.empty(), port.cluster())));
    }
    // Where nothing is intercepted, nobody else's port is known; and a listener needs a chain.
    String rest = scope.intercepts() ? PASSTHROUGH : BLACK_HOLE;
    if (scope.intercepts() || out.isEmpty()) {
      out.addAll(
          HboneTranslator.chains(
              scope.intercepts() ? Protocol.SNIFFED : Protocol.TCP,
              "virtualInbound",
              0,
              node.ip(),
              passthroughHttp(tunnelled),
              tunnelled.inboundTcpChain(
                  "virtualInbound", FilterChainMatch.ANY, Optional.empty(), rest)));
    }
    return out;
  }

  /** The clusters to the application, by name. */
  public Map<String, Cluster> clusters(List<InboundPort> ports) {
    Map<String, Cluster> out = new LinkedHashMap<>();
    for (InboundPort port : ports) {
      out.put(
          port.cluster(),
          cluster(
              port.cluster(),
              scope.intercepts()
                  ? new Discovery.OriginalDestination(Optional.empty())
                  : new Discovery.Static(application(port)),
              port.protocol().isHttp2()
                  ? HttpUpstream.HTTP2
                  : port.protocol() == Protocol.SNIFFED
                      ? HttpUpstream.SAME_AS_DOWNSTREAM
                      : HttpUpstream.HTTP1,
              port.services(),
              port.source()));
    }
    if (scope.intercepts()) {
      out.put(
          PASSTHROUGH,
          cluster(
              PASSTHROUGH,
              new Discovery.OriginalDestination(Optional.empty()),
              HttpUpstream.SAME_AS_DOWNSTREAM,
              List.of(),
              ""));
    }
    if (scope.tunnels()) {
      Cluster within = HboneTranslator.toWithin();
      out.put(within.name(), within);
    }
    return out;
  }

  /** Where the application listens: told by the node, else the port on the loopback interface. */
  private ClusterLoadAssignment application(InboundPort port) {
    String told = node.textMap("FLOTILLA_APP_ENDPOINTS").get(Integer.toString(port.port()));
    int colon = told == null ? -1 : told.lastIndexOf(':');
    Endpoint endpoint =
        told == null || colon <= 0
            ? Endpoint.of("127.0.0.1", port.port())
            : Endpoint.of(told.substring(0, colon), Integer.parseInt(told.substring(colon + 1)));
    return ClusterLoadAssignment.of(port.cluster(), List.of(endpoint));
  }

  private Cluster cluster(
      String name,
      Discovery discovery,
      HttpUpstream http,
      List<ServiceRef> services,
      String source) {
    boolean original = discovery instanceof Discovery.OriginalDestination;
    return new Cluster(
        name,
        discovery,
        original ? new LoadBalancing.ClusterProvided() : LoadBalancing.ROUND_ROBIN,
        Duration.ofSeconds(10),
        http,
        List.of(),
        CircuitBreakers.UNLIMITED,
        Optional.empty(),
        original ? Optional.of(BIND_SOURCE) : Optional.empty(),
        services,
        ConnectionSettings.DEFAULT,
        source);
  }

  private Listener virtualInbound(List<InboundPort> ports, MtlsPolicy mtls) {
    List<FilterChain> all = new ArrayList<>();
    all.add(
        new Chains(mesh, scope)
            .inboundTcpChain(
                "virtualInbound-blackhole",
                Match.port(mesh.inboundPort()).build(),
                Optional.empty(),
                BLACK_HOLE));
    all.addAll(passthrough(mtls.workload()));
    Set<Inspector> inspectors = EnumSet.of(Inspector.ORIGINAL_DESTINATION, Inspector.TLS);
    if (mtls.workload() != MtlsMode.STRICT) {
      inspectors.add(Inspector.HTTP);
    }
    for (InboundPort port : ports) {
      all.addAll(
          ofPort(port, mtls.of(port.port()), "0.0.0.0_" + port.port(), Match.port(port.port())));
      if (needsHttpInspector(port, mtls.of(port.port()))) {
        inspectors.add(Inspector.HTTP);
      }
    }
    return new Listener(
        "virtualInbound",
        new SocketAddress("0.0.0.0", mesh.inboundPort()),
        List.of(),
        true,
        TrafficDirection.INBOUND,
        false,
        node.text("INTERCEPTION_MODE").orElse("").equals("TPROXY"),
        inspectors,
        Duration.ZERO,
        true,
        all,
        Optional.empty(),
        chains.unmatchedLogs());
  }

  private Listener bound(InboundPort port, MtlsMode mode) {
    String name = node.ip() + "_" + port.port();
    Set<Inspector> inspectors = EnumSet.noneOf(Inspector.class);
    if (mode != MtlsMode.DISABLE) {
      inspectors.add(Inspector.TLS);
    }
    if (needsHttpInspector(port, mode)) {
      inspectors.add(Inspector.HTTP);
    }
    return new Listener(
        name,
        new SocketAddress(node.ip(), port.port()),
        List.of(),
        true,
        TrafficDirection.INBOUND,
        false,
        false,
        inspectors,
        Duration.ZERO,
        true,
        ofPort(port, mode, name, Match.any()),
        Optional.empty(),
        chains.unmatchedLogs());
  }

  private static boolean needsHttpInspector(InboundPort port, MtlsMode mode) {
    return port.protocol() == Protocol.SNIFFED && mode != MtlsMode.STRICT;
  }

  /** Chains of ports that no service declares. */
  private List<FilterChain> passthrough(MtlsMode mode) {
    return chainsFor(
        Protocol.SNIFFED,
        mode,
        "virtualInbound-catchall-http",
        "virtualInbound",
        Match.any(),
        passthroughHttp(chains),
        PASSTHROUGH);
  }

  private static HttpConnectionManager passthroughHttp(Chains guarded) {
    RouteConfiguration routes =
        routes(PASSTHROUGH, "inbound|http|0", PASSTHROUGH, ":0/*", "", true);
    return guarded.inboundHttp(PASSTHROUGH + ";", new RouteSource.Inline(routes));
  }

  private List<FilterChain> ofPort(InboundPort port, MtlsMode mode, String name, Match match) {
    return chainsFor(port.protocol(), mode, name, name, match, http(chains, port), port.cluster());
  }

  private static HttpConnectionManager http(Chains guarded, InboundPort port) {
    ServiceRef service = port.services().getFirst();
    RouteConfiguration routes =
        routes(
            port.cluster(),
            "inbound|http|" + port.servicePort(),
            port.cluster(),
            service.host() + ":" + port.servicePort() + "/*",
            port.source(),
            !port.protocol().isHttp2());
    return guarded.inboundHttp(
        "inbound_0.0.0.0_" + port.port() + ";", new RouteSource.Inline(routes));
  }

  private List<FilterChain> chainsFor(
      Protocol protocol,
      MtlsMode mode,
      String httpName,
      String tcpName,
      Match match,
      HttpConnectionManager http,
      String cluster) {
    Optional<DownstreamTls> httpTls = Optional.of(MeshTls.server(mesh.trustDomain(), false));
    Optional<DownstreamTls> tcpTls = Optional.of(MeshTls.server(mesh.trustDomain(), true));
    Optional<DownstreamTls> none = Optional.empty();
    List<FilterChain> out = new ArrayList<>();
    boolean tls = mode != MtlsMode.DISABLE;
    boolean plain = mode != MtlsMode.STRICT;
    if (protocol.isHttp()) {
      if (tls) {
        Match overTls = match.transport("tls");
        out.add(
            chains.inboundHttpChain(
                httpName,
                (plain ? overTls.alpn(MeshTls.ALL_ALPN) : overTls).build(),
                httpTls,
                http));
      }
      if (plain) {
        out.add(
            chains.inboundHttpChain(httpName, match.transport("raw_buffer").build(), none, http));
      }
    } else if (protocol == Protocol.SNIFFED) {
      if (tls) {
        out.add(
            chains.inboundHttpChain(
                httpName, match.transport("tls").alpn(MeshTls.HTTP_ALPN).build(), httpTls, http));
      }
      if (plain) {
        out.add(
            chains.inboundHttpChain(
                httpName,
                match.transport("raw_buffer").alpn(List.of("http/1.1", "h2c")).build(),
                none,
                http));
      }
      if (tls) {
        Match overTls = match.transport("tls");
        out.add(
            chains.inboundTcpChain(
                tcpName,
                (plain ? overTls.alpn(MeshTls.TCP_ALPN) : overTls).build(),
                tcpTls,
                cluster));
      }
      if (plain) {
        out.add(
            chains.inboundTcpChain(tcpName, match.transport("raw_buffer").build(), none, cluster));
        out.add(chains.inboundTcpChain(tcpName, match.transport("tls").build(), none, cluster));
      }
    } else {
      if (tls) {
        Match overTls = match.transport("tls");
        out.add(
            chains.inboundTcpChain(
                tcpName,
                (plain ? overTls.alpn(MeshTls.ALL_ALPN) : overTls).build(),
                tcpTls,
                cluster));
      }
      if (plain) {
        out.add(chains.inboundTcpChain(tcpName, match.transport("tls").build(), none, cluster));
        out.add(
            chains.inboundTcpChain(tcpName, match.transport("raw_buffer").build(), none, cluster));
      }
    }
    return out;
  }

  private static RouteConfiguration routes(
      String name,
      String virtualHost,
      String cluster,
      String operation,
      String source,
      boolean retries) {
    RouteAction.Forward forward = RouteAction.Forward.to(cluster);
    RetryPolicy retry =
        new RetryPolicy(
            Set.of(Condition.RESET_BEFORE_REQUEST),
            Set.of(),
            2,
            Optional.empty(),
            RetryPolicy.DEFAULT_BACKOFF_BASE,
            RetryPolicy.DEFAULT_BACKOFF_MAX,
            false,
            1);
    RouteAction.Forward retried =
        new RouteAction.Forward(
            forward.cluster(),
            forward.timeout(),
            forward.idleTimeout(),
            forward.maxGrpcTimeout(),
            retries ? Optional.of(retry) : Optional.empty(),
            forward.pathRewrite(),
            forward.hostRewrite(),
            forward.hashPolicies(),
            forward.mirrors(),
            forward.upgrades());
    Route route =
        new Route(
            "default",
            RouteMatch.ANY,
            retried,
            io.flotilla.model.route.HeaderEdits.NONE,
            Optional.empty(),
            Optional.empty(),
            operation,
            source);
    VirtualHost host =
        new VirtualHost(
            virtualHost,
            List.of("*"),
            List.of(route),
            io.flotilla.model.route.HeaderEdits.NONE,
            Optional.empty(),
            false);
    return new RouteConfiguration(
        name,
        List.of(host),
        io.flotilla.model.route.HeaderEdits.NONE,
        false,
        false,
        RouteConfiguration.DEFAULT_MAX_DIRECT_RESPONSE_BYTES);
  }

  /** A filter chain match under construction. */
  private record Match(Optional<Integer> port, String transport, List<String> alpn) {
    static Match any() {
      return new Match(Optional.empty(), "", List.of());
    }

    static Match port(int port) {
      return new Match(Optional.of(port), "", List.of());
    }

    Match transport(String protocol) {
      return new Match(port, protocol, alpn);
    }

    Match alpn(List<String> protocols) {
      return new Match(port, transport, protocols);
    }

    FilterChainMatch build() {
      return new FilterChainMatch(port, List.of(), List.of(), transport, alpn, List.of());
    }
  }
}
