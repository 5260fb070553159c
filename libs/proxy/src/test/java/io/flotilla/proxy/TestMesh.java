// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy;

import io.flotilla.identity.CertificateAuthority;
import io.flotilla.identity.SpiffeId;
import io.flotilla.identity.Svid;
import io.flotilla.identity.TrustDomain;
import io.flotilla.model.address.SocketAddress;
import io.flotilla.model.cluster.Cluster;
import io.flotilla.model.cluster.Discovery;
import io.flotilla.model.cluster.TransportMatch;
import io.flotilla.model.endpoint.ClusterLoadAssignment;
import io.flotilla.model.endpoint.Endpoint;
import io.flotilla.model.listener.AccessLog;
import io.flotilla.model.listener.FilterChain;
import io.flotilla.model.listener.FilterChainMatch;
import io.flotilla.model.listener.HttpConnectionManager;
import io.flotilla.model.listener.HttpConnectionManager.ForwardClientCert;
import io.flotilla.model.listener.HttpConnectionManager.RouteSource;
import io.flotilla.model.listener.HttpFilter;
import io.flotilla.model.listener.IstioStats;
import io.flotilla.model.listener.Listener;
import io.flotilla.model.listener.Listener.Inspector;
import io.flotilla.model.listener.Listener.TrafficDirection;
import io.flotilla.model.listener.NetworkFilter;
import io.flotilla.model.listener.PathNormalization;
import io.flotilla.model.listener.Terminal;
import io.flotilla.model.listener.Tracing;
import io.flotilla.model.match.Percentage;
import io.flotilla.model.match.StringMatch;
import io.flotilla.model.route.Route;
import io.flotilla.model.route.RouteAction;
import io.flotilla.model.route.RouteConfiguration;
import io.flotilla.model.route.RouteMatch;
import io.flotilla.model.route.VirtualHost;
import io.flotilla.model.snapshot.ProxySnapshot;
import io.flotilla.model.tls.CertificateRef;
import io.flotilla.model.tls.DownstreamTls;
import io.flotilla.model.tls.PeerValidation;
import io.flotilla.model.tls.Secret;
import io.flotilla.model.tls.TlsContext;
import io.flotilla.model.tls.TrustRef;
import io.flotilla.model.tls.UpstreamTls;
import java.time.Clock;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Snapshots as Pilot would make them, for engines in one JVM, with certificates of one root. */
final class TestMesh {
  static final String IN = "in";
  static final String OUT = "out";

  private final CertificateAuthority root =
      CertificateAuthority.createRoot(
          TrustDomain.CLUSTER_LOCAL, Duration.ofDays(1), Clock.systemUTC());

  /** The workload's own secrets, signed anew at each call. */
  List<Secret> secrets(String serviceAccount) {
    Svid svid =
        root.issue(
            SpiffeId.of(TrustDomain.CLUSTER_LOCAL, "default", serviceAccount),
            List.of(),
            Duration.ofHours(1));
    return List.of(
        new Secret.KeyPair("default", svid.chainPem(), svid.keyPem()),
        new Secret.TrustBundle("ROOTCA", root.roots().pem()));
  }

  static List<HttpFilter> sidecarFilters() {
    return List.of(
        new HttpFilter.PeerMetadata(),
        new HttpFilter.Alpn(
            Map.of(
                "http/1.1", List.of("istio-http/1.1", "istio", "http/1.1"),
                "h2", List.of("istio-h2", "istio", "h2"))),
        new HttpFilter.FaultInjection(Optional.empty()),
        new HttpFilter.CorsFilter(),
        new HttpFilter.Stats(new IstioStats(false)),
        new HttpFilter.Router(true));
  }

  private static HttpConnectionManager manager(
      String prefix, RouteSource routes, ForwardClientCert forward) {
    return manager(prefix, routes, forward, "", List.of());
  }

  private static HttpConnectionManager manager(
      String prefix,
      RouteSource routes,
      ForwardClientCert forward,
      String serverName,
      List<AccessLog> logs) {
    HttpConnectionManager plain = HttpConnectionManager.of(prefix, routes, sidecarFilters());
    return new HttpConnectionManager(
        prefix,
        plain.codec(),
        routes,
        plain.filters(),
        false,
        0,
        forward,
        forward == ForwardClientCert.APPEND_FORWARD,
        serverName,
        PathNormalization.BASE,
        plain.streamIdleTimeout(),
        Duration.ofSeconds(5),
        Optional.empty(),
        60,
        List.of("websocket"),
        Optional.of(
            new Tracing(
                Optional.empty(),
                prefix + ".default",
                Percentage.ALL,
                Percentage.ALL,
                Percentage.ALL,
                Map.of())),
        logs);
  }

  /** An outbound HTTP listener on a port that the system chooses, with routes by RDS "routes". */
  static Listener outbound() {
    return Listener.of(
        OUT,
        new SocketAddress("127.0.0.1", 0),
        TrafficDirection.OUTBOUND,
        FilterChain.plain(
            "http", manager("out", new RouteSource.Rds("routes"), ForwardClientCert.SANITIZE)));
  }

  /** The same chain with another connection manager. */
  static Listener outboundNamed(String serverName) {
    return outbound(
        manager(
            "out",
            new RouteSource.Rds("routes"),
            ForwardClientCert.SANITIZE,
            serverName,
            List.of()));
  }

  /** Another chain. */
  static Listener outboundOfChain(String name) {
    return Listener.of(
        OUT,
        new SocketAddress("127.0.0.1", 0),
        TrafficDirection.OUTBOUND,
        FilterChain.plain(
            name, manager("out", new RouteSource.Rds("routes"), ForwardClientCert.SANITIZE)));
  }

  static Listener outboundLogged(String file) {
    return outbound(
        manager(
            "out",
            new RouteSource.Rds("routes"),
            ForwardClientCert.SANITIZE,
            "",
            List.of(
                AccessLog.text(
                    file,
                    "%REQ(:METHOD)% %REQ(:PATH)% %RESPONSE_CODE% %UPSTREAM_CLUSTER%"
                        + " %UPSTREAM_HOST%\n"))));
  }

  static Listener outbound(Terminal terminal) {
    return Listener.of(
        OUT,
        new SocketAddress("127.0.0.1", 0),
        TrafficDirection.OUTBOUND,
        FilterChain.plain("chain", terminal));
  }

  /** The workload's own certificate, and peers of the mesh. */
  static TlsContext context(List<String> alpn, List<StringMatch> names) {
    return new TlsContext(
        Optional.of(CertificateRef.WORKLOAD),
        Optional.of(new PeerValidation(TrustRef.MESH, names)),
        alpn,
        TlsContext.Version.TLS_1_2,
        TlsContext.Version.TLS_1_3,
        List.of());
  }

  /** All of the application's port behind mTLS; with plaintext beside it if {@code permissive}. */
  static Listener inbound(Terminal terminal, boolean permissive) {
    return inbound(terminal, permissive, List.of());
  }

  static Listener inbound(Terminal terminal, boolean permissive, List<NetworkFilter> before) {
    FilterChain tls =
        new FilterChain(
            "mtls",
            new FilterChainMatch(
                Optional.empty(), List.of(), List.of(), "tls", List.of(), List.of()),
            Optional.of(new DownstreamTls(context(List.of("h2", "http/1.1"), List.of()), true)),
            before,
            terminal);
    FilterChain plain =
        new FilterChain(
            "plain",
            new FilterChainMatch(
                Optional.empty(), List.of(), List.of(), "raw_buffer", List.of(), List.of()),
            Optional.empty(),
            before,
            terminal);
    return new Listener(
        IN,
        new SocketAddress("127.0.0.1", 0),
        List.of(),
        true,
        TrafficDirection.INBOUND,
        false,
        false,
        Set.of(Inspector.TLS, Inspector.HTTP),
        Duration.ofMillis(300),
        true,
        permissive ? List.of(tls, plain) : List.of(tls),
        Optional.empty(),
        List.of());
  }

  /** For browsers. */
  static Listener grpcWeb() {
    List<HttpFilter> filters = new ArrayList<>(sidecarFilters());
    filters.addFirst(new HttpFilter.GrpcWeb());
    return outbound(HttpConnectionManager.of("out", new RouteSource.Rds("routes"), filters));
  }

  /** At the edge, behind a load balancer that tells by the PROXY protocol who the client is. */
  static Listener behindLoadBalancer() {
    HttpConnectionManager plain =
        manager("out", new RouteSource.Rds("routes"), ForwardClientCert.SANITIZE);
    HttpConnectionManager edge =
        new HttpConnectionManager(
            plain.statPrefix(),
            plain.codec(),
            plain.routes(),
            plain.filters(),
            true,
            0,
            plain.forwardClientCert(),
            plain.setCurrentClientCertDetails(),
            plain.serverName(),
            plain.paths(),
            plain.streamIdleTimeout(),
            plain.requestHeadersTimeout(),
            plain.idleTimeout(),
            plain.maxRequestHeadersKiB(),
            plain.upgrades(),
            plain.tracing(),
            plain.accessLogs());
    return behindLoadBalancer(edge);
  }

  static Listener behindLoadBalancer(Terminal terminal) {
    Listener of = outbound(terminal);
    return new Listener(
        of.name(),
        of.address(),
        of.additionalAddresses(),
        of.bindToPort(),
        of.direction(),
        of.useOriginalDestination(),
        of.transparent(),
        Set.of(Inspector.PROXY_PROTOCOL),
        Duration.ofMillis(500),
        of.continueOnInspectionTimeout(),
        of.filterChains(),
        of.defaultFilterChain(),
        of.accessLogs());
  }

  /** The same, to clients that have no certificate of the mesh. */
  static Listener withoutClientCertificates(Listener of) {
    return new Listener(
        of.name(),
        of.address(),
        of.additionalAddresses(),
        of.bindToPort(),
        of.direction(),
        of.useOriginalDestination(),
        of.transparent(),
        of.inspectors(),
        of.inspectionTimeout(),
        of.continueOnInspectionTimeout(),
        of.filterChains().stream()
            .map(
                c ->
                    new FilterChain(
                        c.name(),
                        c.match(),
                        c.tls().map(t -> new DownstreamTls(edgeContext(), false)),
                        c.networkFilters(),
                        c.terminal()))
            .toList(),
        of.defaultFilterChain(),
        of.accessLogs());
  }

  private static TlsContext edgeContext() {
    return new TlsContext(
        Optional.of(CertificateRef.WORKLOAD),
        Optional.empty(),
        List.of("h2", "http/1.1"),
        TlsContext.Version.TLS_1_2,
        TlsContext.Version.TLS_1_3,
        List.of());
  }

  /** As a gateway's listener for HTTPS: TLS alone, no client certificates. */
  static Listener edge(Terminal terminal) {
    return Listener.of(
        IN,
        new SocketAddress("127.0.0.1", 0),
        TrafficDirection.OUTBOUND,
        new FilterChain(
            "https",
            FilterChainMatch.ANY,
            Optional.of(new DownstreamTls(edgeContext(), false)),
            List.of(),
            terminal));
  }

  /** Everything to the application. */
  static HttpConnectionManager toApp() {
    return toApp("", List.of());
  }

  /**
   * Everything to the application.
   *
   * @param log a file for the details of answers; empty: none
   * @param first filters before all others
   */
  static HttpConnectionManager toApp(String log, List<HttpFilter> first) {
    HttpConnectionManager m = managerToApp(log);
    List<HttpFilter> filters = new ArrayList<>(first);
    filters.addAll(m.filters());
    return new HttpConnectionManager(
        m.statPrefix(),
        m.codec(),
        m.routes(),
        filters,
        m.useRemoteAddress(),
        m.xffTrustedHops(),
        m.forwardClientCert(),
        m.setCurrentClientCertDetails(),
        m.serverName(),
        m.paths(),
        m.streamIdleTimeout(),
        m.requestHeadersTimeout(),
        m.idleTimeout(),
        m.maxRequestHeadersKiB(),
        m.upgrades(),
        m.tracing(),
        m.accessLogs());
  }

  private static HttpConnectionManager managerToApp(String log) {
    return manager(
        "in",
        new RouteSource.Inline(
            RouteConfiguration.of(
                "inbound",
                List.of(
                    VirtualHost.of(
                        "inbound|http",
                        List.of("*"),
                        List.of(
                            Route.of("default", RouteMatch.ANY, RouteAction.Forward.to("app"))))))),
        ForwardClientCert.APPEND_FORWARD,
        "",
        log.isEmpty()
            ? List.of()
            : List.of(
                AccessLog.text(
                    log,
                    "%REQ(:PATH)% %RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS%\n")));
  }

  static Cluster fixed(String name, int... ports) {
    return Cluster.of(name, new Discovery.Static(endpoints(name, Map.of(), ports)));
  }

  /** A cluster that is reached by HTTP/2 in plaintext. */
  static Cluster http2(String name, int... ports) {
    Cluster plain = fixed(name, ports);
    return new Cluster(
        name,
        plain.discovery(),
        plain.loadBalancing(),
        plain.connectTimeout(),
        Cluster.HttpUpstream.HTTP2,
        List.of(),
        plain.circuitBreakers(),
        Optional.empty(),
        Optional.empty(),
        List.of(),
        plain.connection(),
        "");
  }

  /** The same, told by the PROXY protocol who the client is. */
  static Cluster told(Cluster plain, TransportMatch.ProxyHeader header) {
    List<TransportMatch> transports =
        plain.transports().isEmpty()
            ? List.of(new TransportMatch("", Map.of(), Optional.empty()))
            : plain.transports();
    return new Cluster(
        plain.name(),
        plain.discovery(),
        plain.loadBalancing(),
        plain.connectTimeout(),
        plain.http(),
        transports.stream().map(t -> t.behind(header)).toList(),
        plain.circuitBreakers(),
        plain.outlierDetection(),
        plain.bindSource(),
        plain.services(),
        plain.connection(),
        plain.endpointRules(),
        plain.source());
  }

  static ClusterLoadAssignment endpoints(String name, Map<String, String> tags, int... ports) {
    List<Endpoint> all = new ArrayList<>();
    for (int port : ports) {
      all.add(
          new Endpoint(
              new SocketAddress("127.0.0.1", port),
              "",
              1,
              Endpoint.Health.HEALTHY,
              tags,
              Optional.empty()));
    }
    return ClusterLoadAssignment.of(name, all);
  }

  /** A cluster that is reached by mTLS, and whose endpoint must show one of the accounts. */
  static Cluster mutual(String name, Cluster.HttpUpstream http, String account, int... ports) {
    UpstreamTls tls =
        new UpstreamTls(
            context(
                List.of("istio-peer-exchange", "istio"),
                List.of(StringMatch.exact("spiffe://cluster.local/ns/default/sa/" + account))),
            "outbound_.80_._." + name);
    Cluster plain = fixed(name);
    return new Cluster(
        name,
        new Discovery.Static(endpoints(name, Map.of("tlsMode", "istio"), ports)),
        plain.loadBalancing(),
        Duration.ofSeconds(5),
        http,
        List.of(
            new TransportMatch("tlsMode-istio", Map.of("tlsMode", "istio"), Optional.of(tls)),
            new TransportMatch("tlsMode-disabled", Map.of(), Optional.empty())),
        plain.circuitBreakers(),
        Optional.empty(),
        Optional.empty(),
        List.of(new Cluster.ServiceRef(name + ".default.svc.cluster.local", name, "default")),
        plain.connection(),
        "");
  }

  static RouteConfiguration routes(Route... routes) {
    return RouteConfiguration.of(
        "routes", List.of(VirtualHost.of("all", List.of("*"), List.of(routes))));
  }

  static ProxySnapshot snapshot(
      long revision,
      List<Listener> listeners,
      List<RouteConfiguration> routes,
      List<Cluster> clusters,
      List<Secret> secrets) {
    Map<String, Listener> byName = new LinkedHashMap<>();
    listeners.forEach(l -> byName.put(l.name(), l));
    Map<String, RouteConfiguration> routesByName = new LinkedHashMap<>();
    routes.forEach(r -> routesByName.put(r.name(), r));
    Map<String, Cluster> clustersByName = new LinkedHashMap<>();
    clusters.forEach(c -> clustersByName.put(c.name(), c));
    Map<String, Secret> secretsByName = new LinkedHashMap<>();
    secrets.forEach(s -> secretsByName.put(s.name(), s));
    return new ProxySnapshot(
        revision, byName, routesByName, clustersByName, Map.of(), secretsByName);
  }
}
