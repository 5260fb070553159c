// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.codec;

import io.flotilla.model.address.CidrRange;
import io.flotilla.model.address.InternalAddress;
import io.flotilla.model.address.PipeAddress;
import io.flotilla.model.address.SocketAddress;
import io.flotilla.model.cluster.CircuitBreakers;
import io.flotilla.model.cluster.Cluster;
import io.flotilla.model.cluster.ConnectionSettings;
import io.flotilla.model.cluster.Discovery;
import io.flotilla.model.cluster.EndpointRules;
import io.flotilla.model.cluster.HealthCheck;
import io.flotilla.model.cluster.LoadBalancing;
import io.flotilla.model.cluster.OutlierDetection;
import io.flotilla.model.cluster.OutlierRates;
import io.flotilla.model.cluster.Subsets;
import io.flotilla.model.cluster.TransportMatch;
import io.flotilla.model.endpoint.ClusterLoadAssignment;
import io.flotilla.model.endpoint.Endpoint;
import io.flotilla.model.endpoint.Locality;
import io.flotilla.model.endpoint.LocalityEndpoints;
import io.flotilla.model.listener.AccessLog;
import io.flotilla.model.listener.FilterChain;
import io.flotilla.model.listener.FilterChainMatch;
import io.flotilla.model.listener.HttpConnectionManager;
import io.flotilla.model.listener.HttpConnectionManager.RouteSource;
import io.flotilla.model.listener.HttpFilter;
import io.flotilla.model.listener.IstioStats;
import io.flotilla.model.listener.Listener;
import io.flotilla.model.listener.Listener.Inspector;
import io.flotilla.model.listener.Listener.TrafficDirection;
import io.flotilla.model.listener.NetworkFilter;
import io.flotilla.model.listener.PathNormalization;
import io.flotilla.model.listener.TcpProxy;
import io.flotilla.model.listener.Tracing;
import io.flotilla.model.match.HeaderMatch;
import io.flotilla.model.match.PathMatch;
import io.flotilla.model.match.Percentage;
import io.flotilla.model.match.QueryMatch;
import io.flotilla.model.match.StringMatch;
import io.flotilla.model.policy.Cors;
import io.flotilla.model.policy.ExternalAuthorization;
import io.flotilla.model.policy.Fault;
import io.flotilla.model.policy.FilterOverride;
import io.flotilla.model.route.ClusterChoice;
import io.flotilla.model.route.HashPolicy;
import io.flotilla.model.route.HeaderEdits;
import io.flotilla.model.route.HostRewrite;
import io.flotilla.model.route.PathRewrite;
import io.flotilla.model.route.RetryDetails;
import io.flotilla.model.route.RetryPolicy;
import io.flotilla.model.route.Route;
import io.flotilla.model.route.RouteAction;
import io.flotilla.model.route.RouteConfiguration;
import io.flotilla.model.route.RouteMatch;
import io.flotilla.model.route.Terms;
import io.flotilla.model.route.VirtualHost;
import io.flotilla.model.snapshot.ProxySnapshot;
import io.flotilla.model.tls.CertificateRef;
import io.flotilla.model.tls.DownstreamTls;
import io.flotilla.model.tls.PeerValidation;
import io.flotilla.model.tls.Secret;
import io.flotilla.model.tls.TlsContext;
import io.flotilla.model.tls.TlsContext.Version;
import io.flotilla.model.tls.TrustRef;
import io.flotilla.model.tls.UpstreamTls;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.function.Function;

/** A snapshot in which every feature of the encoder occurs. */
public final class Everything {
  public static final String CREDENTIAL = "kubernetes://bookinfo-credential";

  private Everything() {}

  /** Needs the PEM of a key, its chain, and a root. */
  public static ProxySnapshot snapshot(long revision, String chain, String key, String root) {
    return new ProxySnapshot(
        revision,
        byName(listeners(root), Listener::name),
        byName(routes(), RouteConfiguration::name),
        byName(clusters(root), Cluster::name),
        byName(endpoints(), ClusterLoadAssignment::clusterName),
        byName(
            List.of(
                new Secret.KeyPair(CREDENTIAL, chain, key),
                new Secret.TrustBundle(CREDENTIAL + "-cacert", root)),
            Secret::name));
  }

  private static <T> Map<String, T> byName(List<T> all, Function<T, String> name) {
    Map<String, T> map = new LinkedHashMap<>();
    all.forEach(each -> map.put(name.apply(each), each));
    return map;
  }

  /** Every kind of listener, chain and filter. */
  static List<Listener> listeners(String root) {
    List<AccessLog> logs =
        List.of(
            AccessLog.text("/dev/null", "%REQ(:METHOD)% %RESPONSE_CODE% %RESPONSE_FLAGS%\n"),
            AccessLog.text("/dev/null", ""),
            AccessLog.json("/dev/null", Map.of("code", "%RESPONSE_CODE%")));
    HttpConnectionManager full =
        new HttpConnectionManager(
            "inbound_0.0.0.0_80",
            HttpConnectionManager.Codec.AUTO,
            new RouteSource.Inline(routes().getFirst()),
            List.of(
                new HttpFilter.PeerMetadata(),
                new HttpFilter.GrpcWeb(),
                new HttpFilter.GrpcStats(),
                new HttpFilter.Alpn(
                    Map.of(
                        "http/1.0", List.of("istio-http/1.0", "istio", "http/1.0"),
                        "http/1.1", List.of("istio-http/1.1", "istio", "http/1.1"),
                        "h2", List.of("istio-h2", "istio", "h2"))),
                new HttpFilter.Jwt(Access.tokens("strict")),
                new HttpFilter.AccessControl(Access.everything()),
                new HttpFilter.AccessControl(Access.shadow()),
                new HttpFilter.Authorization(
                    ExternalAuthorization.METADATA, Authorizations.byGrpc()),
                new HttpFilter.Authorization("second", Authorizations.byHttp()),
                new HttpFilter.LocalRate(HttpFilter.LocalRate.NAME, RateLimits.local(true)),
                new HttpFilter.Rate(HttpFilter.Rate.NAME, RateLimits.global()),
                new HttpFilter.FaultInjection(Optional.of(FAULT)),
                new HttpFilter.ConnectAuthority(),
                new HttpFilter.CorsFilter(),
                new HttpFilter.Stats(new IstioStats(true)),
                new HttpFilter.Router(true)),
            true,
            2,
            HttpConnectionManager.ForwardClientCert.APPEND_FORWARD,
            true,
            "istio-envoy",
            PathNormalization.DECODE_AND_MERGE_SLASHES,
            Optional.of(Duration.ofMinutes(1)),
            Duration.ofSeconds(10),
            Optional.of(Duration.ofHours(1)),
            96,
            List.of("websocket", "connect"),
            Optional.of(
                new Tracing(
                    Optional.of("outbound|4317||otel"),
                    "reviews.default",
                    Percentage.ALL,
                    Percentage.ofPercent(1),
                    Percentage.ofPercent(0.5),
                    Map.of("istio.namespace", "default"))),
            logs);
    HttpConnectionManager plain =
        HttpConnectionManager.of(
            "outbound_0.0.0.0_9080",
            new RouteSource.Rds("9080"),
            List.of(
                new HttpFilter.FaultInjection(Optional.empty()),
                new HttpFilter.CorsFilter(),
                new HttpFilter.Stats(new IstioStats(false)),
                new HttpFilter.Router(false)));
    TcpProxy tcp =
        new TcpProxy(
            "outbound|1234",
            new ClusterChoice.Single("outbound|9080||eds"),
            Optional.of(Duration.ofMinutes(5)),
            logs);
    TcpProxy weighted =
        new TcpProxy(
            "weighted",
            new ClusterChoice.Weighted(
                List.of(
                    new ClusterChoice.WeightedCluster("outbound|9080||eds", 90, HeaderEdits.NONE),
                    new ClusterChoice.WeightedCluster("static", 10, HeaderEdits.NONE))),
            Optional.empty(),
            List.of());
    Listener inbound =
        new Listener(
            "virtualInbound",
            new SocketAddress("127.0.0.1", 0),
            List.of(new SocketAddress("127.0.0.2", 0)),
            true,
            TrafficDirection.INBOUND,
            true,
            false,
            EnumSet.of(Inspector.ORIGINAL_DESTINATION, Inspector.TLS, Inspector.HTTP),
            Duration.ofSeconds(5),
            true,
            List.of(
                new FilterChain(
                    "0.0.0.0_80;mtls",
                    new FilterChainMatch(
                        Optional.of(80),
                        List.of(new CidrRange("10.0.0.0", 8), new CidrRange("2001:db8::", 32)),
                        List.of(),
                        "tls",
                        List.of("istio", "istio-peer-exchange", "istio-http/1.0", "istio-h2"),
                        List.of(new CidrRange("192.168.0.0", 16))),
                    Optional.of(
                        new DownstreamTls(
                            new TlsContext(
                                Optional.of(CertificateRef.WORKLOAD),
                                Optional.of(
                                    new PeerValidation(
                                        TrustRef.MESH,
                                        List.of(StringMatch.prefix("spiffe://cluster.local/")))),
                                List.of("h2", "http/1.1"),
                                Version.TLS_1_2,
                                Version.TLS_1_3,
                                List.of("ECDHE-ECDSA-AES256-GCM-SHA384")),
                            true)),
                    List.of(
                        new NetworkFilter.PeerExchange(),
                        new NetworkFilter.AccessControl(Access.connection(), "tcp."),
                        new NetworkFilter.AccessControl(Access.shadow(), "tcp."),
                        Authorizations.connection(),
                        RateLimits.connection(),
                        new NetworkFilter.Stats(new IstioStats(true))),
                    full),
                new FilterChain(
                    "0.0.0.0_81",
                    new FilterChainMatch(
                        Optional.of(81),
                        List.of(),
                        List.of(),
                        "raw_buffer",
                        List.of("http/1.1", "h2c"),
                        List.of()),
                    Optional.empty(),
                    List.of(new NetworkFilter.Stats(new IstioStats(false))),
                    plain)),
            Optional.of(FilterChain.plain("virtualInbound-blackhole", tcp)),
            logs);
    Listener outbound =
        new Listener(
            "0.0.0.0_9080",
            new SocketAddress("0.0.0.0", 9080),
            List.of(),
            false,
            TrafficDirection.OUTBOUND,
            false,
            false,
            EnumSet.of(Inspector.HTTP),
            Duration.ZERO,
            true,
            List.of(
                new FilterChain(
                    "http",
                    new FilterChainMatch(
                        Optional.empty(),
                        List.of(),
                        List.of(),
                        "raw_buffer",
                        List.of("http/1.1", "h2c"),
                        List.of()),
                    Optional.empty(),
                    List.of(),
                    plain)),
            Optional.of(FilterChain.plain("PassthroughFilterChain", weighted)),
            List.of());
    Listener gateway =
        new Listener(
            "127.0.0.1_443",
            new SocketAddress("127.0.0.1", 0),
            List.of(),
            true,
            TrafficDirection.OUTBOUND,
            false,
            false,
            EnumSet.of(Inspector.PROXY_PROTOCOL, Inspector.TLS),
            Duration.ofSeconds(15),
            false,
            List.of(
                edge("simple", List.of("bookinfo.example.com"), Optional.empty(), false, plain),
                edge(
                    "mutual",
                    List.of("*.mutual.example.com"),
                    Optional.of(
                        new PeerValidation(
                            new TrustRef.Sds(CREDENTIAL + "-cacert"),
                            List.of(
                                StringMatch.exact("client.example.com"),
                                new StringMatch.Suffix(".example.com", false),
                                new StringMatch.Regex("a|b"),
                                new StringMatch.Contains("x", true)))),
                    true,
                    plain),
                edge(
                    "inline",
                    List.of("inline.example.com"),
                    Optional.of(
                        new PeerValidation(
                            new TrustRef.Inline(root),
                            List.of(),
                            Set.of("0".repeat(64)),
                            Set.of("47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="),
                            Optional.empty())),
                    false,
                    plain),
                new FilterChain(
                    "passthrough",
                    new FilterChainMatch(
                        Optional.empty(),
                        List.of(),
                        List.of("pass.example.com"),
                        "tls",
                        List.of(),
                        List.of()),
                    Optional.empty(),
                    List.of(),
                    tcp)),
            Optional.empty(),
            List.of());
    Listener within =
        Listener.internal(
            "main_internal",
            TrafficDirection.INBOUND,
            EnumSet.of(Inspector.ORIGINAL_DESTINATION, Inspector.HTTP),
            List.of(FilterChain.plain("0.0.0.0_80", plain)),
            logs);
    Listener out =
        Listener.internal(
            "connect_originate",
            TrafficDirection.UNSPECIFIED,
            EnumSet.of(Inspector.ORIGINAL_DESTINATION),
            List.of(
                FilterChain.plain(
                    "", tcp.through(new TcpProxy.Tunnel(TcpProxy.Tunnel.DESTINATION, false))),
                new FilterChain(
                    "posts",
                    new FilterChainMatch(
                        Optional.of(443), List.of(), List.of(), "", List.of(), List.of()),
                    Optional.empty(),
                    List.of(),
                    weighted.through(new TcpProxy.Tunnel("example.com:443", true)))),
            List.of());
    return List.of(inbound, outbound, gateway, within, out);
  }

  private static FilterChain edge(
      String name,
      List<String> sni,
      Optional<PeerValidation> validation,
      boolean required,
      HttpConnectionManager http) {
    return new FilterChain(
        name,
        new FilterChainMatch(Optional.empty(), List.of(), sni, "", List.of(), List.of()),
        Optional.of(
            new DownstreamTls(
                new TlsContext(
                    Optional.of(new CertificateRef.Sds(CREDENTIAL)),
                    validation,
                    List.of("h2", "http/1.1"),
                    Version.TLS_1_2,
                    Version.TLS_1_3,
                    List.of()),
                required)),
        List.of(),
        http);
  }

  private static final Fault FAULT =
      new Fault(
          Optional.of(new Fault.Delay(Duration.ofMillis(7), Percentage.ofPercent(0.1))),
          Optional.of(new Fault.Abort(503, Optional.empty(), Percentage.ofPercent(33.3333))));

  /** Every kind of route. */
  static List<RouteConfiguration> routes() {
    HeaderEdits edits =
        new HeaderEdits(
            List.of(
                new HeaderEdits.Edit("x-append", "%REQ(x)%", HeaderEdits.Mode.APPEND),
                new HeaderEdits.Edit("x-absent", "2", HeaderEdits.Mode.ADD_IF_ABSENT)),
            List.of("x-gone"),
            List.of(
                new HeaderEdits.Edit("x-over", "3", HeaderEdits.Mode.OVERWRITE),
                new HeaderEdits.Edit("x-present", "4", HeaderEdits.Mode.OVERWRITE_IF_PRESENT)),
            List.of("server"));
    RetryPolicy retry =
        new RetryPolicy(
            EnumSet.allOf(RetryPolicy.Condition.class),
            Set.of(503, 504),
            2,
            Optional.of(Duration.ofSeconds(2)),
            RetryPolicy.DEFAULT_BACKOFF_BASE,
            RetryPolicy.DEFAULT_BACKOFF_MAX,
            true,
            5,
            new RetryDetails(
                true,
                Map.of("stage", "test"),
                2,
                List.of(HeaderMatch.present("x-again")),
                List.of(HeaderMatch.of("x-retry", StringMatch.exact("yes"))),
                Optional.of(
                    new RetryDetails.RateLimited(
                        List.of(
                            new RetryDetails.ResetHeader("retry-after", false),
                            new RetryDetails.ResetHeader("x-ratelimit-reset", true)),
                        Duration.ofSeconds(20))),
                Optional.of(Duration.ofSeconds(1))));
    RouteMatch everyMatch =
        new RouteMatch(
            new PathMatch.Prefix("/api"),
            false,
            List.of(
                HeaderMatch.of("end-user", StringMatch.exact("jason")),
                HeaderMatch.of("x-prefix", new StringMatch.Prefix("a", true)),
                HeaderMatch.of("x-suffix", new StringMatch.Suffix("a", false)),
                HeaderMatch.of("x-contains", new StringMatch.Contains("a", true)),
                HeaderMatch.of(":method", new StringMatch.Regex("GET|HEAD")),
                HeaderMatch.present("x-here"),
                new HeaderMatch("x-not", Optional.of(StringMatch.exact("n")), true, true),
                new HeaderMatch("x-nowhere", Optional.empty(), true, false)),
            List.of(
                new QueryMatch("q", Optional.of(StringMatch.exact("1"))),
                new QueryMatch("present", Optional.empty())),
            Optional.of(Percentage.ofPercent(12.5)),
            true);
    RouteAction.Forward everyForward =
        new RouteAction.Forward(
            new ClusterChoice.Weighted(
                List.of(
                    new ClusterChoice.WeightedCluster(
                        "outbound|9080||eds",
                        90,
                        edits,
                        Authorizations.overrides(),
                        Map.of("version", "v2", "age", 2.0)),
                    new ClusterChoice.WeightedCluster("static", 10, HeaderEdits.NONE))),
            Optional.of(Duration.ofSeconds(3)),
            Optional.of(Duration.ofSeconds(30)),
            Optional.of(Duration.ofSeconds(4)),
            Optional.of(retry),
            Optional.of(new PathRewrite.ReplacePrefix("/v2")),
            new HostRewrite.Literal("other.example.com"),
            List.of(
                new HashPolicy.Header("x-user", true),
                new HashPolicy.Cookie("c", Optional.of(Duration.ofHours(1)), "/", false),
                new HashPolicy.Cookie("d", Optional.empty(), "", false),
                new HashPolicy.SourceAddress(false),
                new HashPolicy.QueryParameter("q", false)),
            List.of(
                new RouteAction.Mirror("static", Percentage.ofPercent(10)),
                new RouteAction.Mirror("strict", Percentage.ALL, false)),
            List.of("websocket"),
            new Terms(true, Map.of("version", "v1", "stage", true), true, 404));
    List<Route> all = new ArrayList<>();
    all.add(
        new Route(
            "everything",
            everyMatch,
            everyForward,
            edits,
            Optional.of(FAULT),
            Optional.of(
                new Cors(
                    List.of(
                        StringMatch.exact("https://a.example.com"),
                        new StringMatch.Regex("https://.*")),
                    List.of("GET", "POST"),
                    List.of("x-a", "x-b"),
                    List.of("x-c"),
                    Optional.of(Duration.ofDays(1)),
                    Optional.of(true),
                    false)),
            "reviews.default.svc.cluster.local:9080/*",
            "networking.istio.io/v1/VirtualService default/reviews",
            Authorizations.overrides(),
            RateLimits.rules()));
    all.add(
        new Route(
            "grpc-abort",
            RouteMatch.of(new PathMatch.Exact("/abort")),
            RouteAction.Forward.to("outbound|9080||eds"),
            HeaderEdits.NONE,
            Optional.of(
                new Fault(
                    Optional.empty(),
                    Optional.of(new Fault.Abort(200, Optional.of(14), Percentage.ALL)))),
            Optional.empty(),
            "",
            ""));
    all.add(
        Route.of(
            "full",
            RouteMatch.of(new PathMatch.Regex("/full/.*")),
            rewriting(new PathRewrite.ReplaceFull("/whole"), new HostRewrite.Auto())));
    all.add(
        Route.of(
            "regex",
            RouteMatch.of(new PathMatch.PathSeparatedPrefix("/regex")),
            rewriting(
                new PathRewrite.ReplaceRegex("^/regex/(.*)$", "/\\1"), new HostRewrite.Keep())));
    all.add(
        Route.of(
            "header",
            RouteMatch.of(new PathMatch.Prefix("/by-header")),
            RouteAction.Forward.to(new ClusterChoice.FromHeader("x-cluster"))));
    for (int status : new int[] {301, 302, 303, 307, 308}) {
      all.add(
          Route.of(
              "redirect-" + status,
              RouteMatch.of(new PathMatch.Exact("/redirect/" + status)),
              new RouteAction.Redirect(
                  status,
                  Optional.of("https"),
                  Optional.of("example.com"),
                  Optional.of(8443),
                  Optional.of(
                      switch (status) {
                        case 301 -> new PathRewrite.ReplaceFull("/full");
                        case 302 -> new PathRewrite.ReplacePrefix("/prefix");
                        default -> new PathRewrite.ReplaceRegex("a", "b");
                      }),
                  true)));
    }
    all.add(
        Route.of(
            "bare-redirect",
            RouteMatch.of(new PathMatch.Exact("/bare")),
            new RouteAction.Redirect(
                301,
                Optional.of("https"),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                false)));
    all.add(
        Route.of(
            "connect",
            RouteMatch.of(new PathMatch.Connect()),
            new RouteAction.Forward(
                new ClusterChoice.Single("outbound|9080||eds"),
                Optional.of(Duration.ZERO),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                Optional.empty(),
                new HostRewrite.Keep(),
                List.of(),
                List.of(),
                List.of(RouteAction.Forward.CONNECT))));
    all.add(
        Route.of(
            "direct",
            RouteMatch.of(new PathMatch.Exact("/direct")),
            new RouteAction.DirectResponse(418, "short and stout")));
    VirtualHost full =
        new VirtualHost(
            "reviews.default.svc.cluster.local:9080",
            List.of("reviews", "reviews.default", "*.reviews.example.com", "10.0.0.1", "*"),
            all,
            edits,
            Optional.of(retry),
            true,
            Map.of(
                HttpFilter.LocalRate.NAME,
                new FilterOverride.LocalRate(RateLimits.local(false)),
                HttpFilter.Rate.NAME,
                RateLimits.globalOfHost()),
            RateLimits.rules());
    VirtualHost tcp =
        VirtualHost.of(
            "non-forwarding",
            List.of("tcp.example.com"),
            List.of(Route.of("", RouteMatch.ANY, new RouteAction.NonForwarding())));
    return List.of(
        new RouteConfiguration("inbound|80||", List.of(full), edits, false, false, 1024),
        RouteConfiguration.of("9080", List.of(full)),
        RouteConfiguration.of("grpc-only", List.of(tcp)));
  }

  private static RouteAction.Forward rewriting(PathRewrite path, HostRewrite host) {
    RouteAction.Forward to = RouteAction.Forward.to("strict");
    return new RouteAction.Forward(
        to.cluster(),
        Optional.empty(),
        to.idleTimeout(),
        to.maxGrpcTimeout(),
        to.retryPolicy(),
        Optional.of(path),
        host,
        List.of(),
        List.of(),
        List.of());
  }

  /** Every kind of cluster. */
  static List<Cluster> clusters(String root) {
    ClusterLoadAssignment local =
        ClusterLoadAssignment.of("static", List.of(Endpoint.of("127.0.0.1", 9)));
    ClusterLoadAssignment named =
        ClusterLoadAssignment.of("dns", List.of(Endpoint.of("localhost", 9)));
    UpstreamTls mutual =
        new UpstreamTls(
            new TlsContext(
                Optional.of(CertificateRef.WORKLOAD),
                Optional.of(
                    new PeerValidation(
                        TrustRef.MESH,
                        List.of(
                            StringMatch.exact("spiffe://cluster.local/ns/default/sa/reviews")))),
                List.of("istio-peer-exchange", "istio"),
                Version.TLS_1_2,
                Version.TLS_1_3,
                List.of()),
            "outbound_.9080_._.reviews.default.svc.cluster.local");
    List<Cluster> all = new ArrayList<>();
    all.add(
        new Cluster(
            "outbound|9080||eds",
            new Discovery.Eds("outbound|9080||eds"),
            LoadBalancing.LEAST_REQUEST,
            Duration.ofSeconds(10),
            Cluster.HttpUpstream.SAME_AS_DOWNSTREAM,
            List.of(
                new TransportMatch(
                    "tlsMode-istio", Map.of("tlsMode", "istio"), Optional.of(mutual)),
                new TransportMatch("tlsMode-disabled", Map.of(), Optional.empty())
                    .behind(TransportMatch.ProxyHeader.V1)),
            new CircuitBreakers(
                new CircuitBreakers.Limits(100, 10, 1000, Long.MAX_VALUE, Optional.empty(), true),
                new CircuitBreakers.Limits(
                    1, 2, 3, 4, Optional.of(new CircuitBreakers.RetryBudget(25, 5)), false)),
            Optional.of(
                new OutlierDetection(
                    Optional.of(7),
                    Optional.of(6),
                    Optional.of(5),
                    Duration.ofSeconds(1),
                    Duration.ofMinutes(3),
                    100,
                    40,
                    Optional.of(Duration.ofMinutes(9)),
                    true,
                    new OutlierDetection.Enforced(90, 80, 70),
                    new OutlierRates(
                        new OutlierRates.SuccessRate(3, 20, 1500, 60, 50),
                        new OutlierRates.FailurePercentage(4, 30, 75, 40, 35)))),
            Optional.empty(),
            List.of(
                new Cluster.ServiceRef("reviews.default.svc.cluster.local", "reviews", "default")),
            new ConnectionSettings(
                100,
                Optional.of(Duration.ofSeconds(3)),
                17,
                Optional.of(new ConnectionSettings.TcpKeepalive(3, 60, 10)),
                Optional.of(Duration.ofHours(1))),
            "networking.istio.io/v1/DestinationRule default/reviews"));
    HealthCheck.Timing timing =
        new HealthCheck.Timing(
            Duration.ofSeconds(1),
            Duration.ofSeconds(2),
            Duration.ofSeconds(3),
            Duration.ofSeconds(4),
            Duration.ofSeconds(5),
            Duration.ofSeconds(6),
            Duration.ofSeconds(7),
            Duration.ofSeconds(8),
            9);
    List<HealthCheck.Kind> kinds =
        List.of(
            new HealthCheck.Http(
                "checked.test",
                "/health",
                "HEAD",
                Map.of("x-probe", "yes"),
                List.of(new HealthCheck.Statuses(200, 300)),
                List.of(new HealthCheck.Statuses(503, 504)),
                true),
            new HealthCheck.Grpc("shop", "shop.test"),
            new HealthCheck.Tcp(Optional.of("0aff"), List.of("00", "ff")));
    for (HealthCheck.Kind kind : kinds) {
      String name = "checked by " + kind.getClass().getSimpleName();
      all.add(
          new Cluster(
                  name,
                  new Discovery.Static(local),
                  LoadBalancing.RANDOM,
                  Duration.ofSeconds(1),
                  Cluster.HttpUpstream.HTTP2,
                  List.of(),
                  CircuitBreakers.UNLIMITED,
                  Optional.empty(),
                  Optional.empty(),
                  List.of(),
                  ConnectionSettings.DEFAULT,
                  "")
              .with(
                  new EndpointRules(
                      Optional.of(new HealthCheck(kind, timing, 3, 4, false)),
                      true,
                      Optional.of(30),
                      true)));
    }
    all.add(
        cluster(
                "subsets",
                new Discovery.Static(
                    ClusterLoadAssignment.of(
                        "subsets",
                        List.of(
                            Endpoint.of("127.0.0.1", 9)
                                .with(Map.of("version", "v1", "age", 2.0, "canary", true))))),
                LoadBalancing.ROUND_ROBIN)
            .with(
                new EndpointRules(
                    Optional.empty(),
                    false,
                    Optional.empty(),
                    true,
                    Optional.of(
                        new Subsets(
                            Subsets.Fallback.DEFAULT_SUBSET,
                            Map.of("version", "v1"),
                            List.of(
                                new Subsets.Selector(
                                    Set.of("version"), Subsets.Fallback.NO_ENDPOINT, Set.of()),
                                new Subsets.Selector(
                                    Set.of("version", "stage"),
                                    Subsets.Fallback.FEWER_KEYS,
                                    Set.of("version")),
                                new Subsets.Selector(
                                    Set.of("age"), Subsets.Fallback.AS_CLUSTER, Set.of())),
                            true)))));
    all.add(cluster("static", new Discovery.Static(local), LoadBalancing.ROUND_ROBIN));
    all.add(cluster("strict", new Discovery.StrictDns(named), LoadBalancing.RANDOM));
    all.add(cluster("logical", new Discovery.LogicalDns(named), new LoadBalancing.LeastRequest(3)));
    LoadBalancing.SlowStart warmup = new LoadBalancing.SlowStart(Duration.ofSeconds(30), 1.5, 20);
    all.add(
        cluster(
            "slow turns",
            new Discovery.Static(local),
            new LoadBalancing.RoundRobin(Optional.of(warmup))));
    all.add(
        cluster(
            "slow least",
            new Discovery.Static(local),
            new LoadBalancing.LeastRequest(
                2, Optional.of(new LoadBalancing.SlowStart(Duration.ofSeconds(1), 1, 10)))));
    all.add(cluster("ring", new Discovery.Static(local), new LoadBalancing.RingHash(1024, 65536)));
    all.add(cluster("maglev", new Discovery.Static(local), new LoadBalancing.Maglev(65537)));
    all.add(
        cluster(
            "PassthroughCluster",
            new Discovery.OriginalDestination(Optional.empty()),
            new LoadBalancing.ClusterProvided()));
    all.add(
        cluster(
            "inbound|80||",
            new Discovery.OriginalDestination(Optional.of(8080)),
            new LoadBalancing.ClusterProvided()));
    all.add(
        cluster(
            "pipe",
            new Discovery.Static(
                ClusterLoadAssignment.of(
                    "pipe",
                    List.of(
                        new Endpoint(
                            new PipeAddress("/tmp/flotilla-nowhere.sock"),
                            "pipe.example.com",
                            1,
                            Endpoint.Health.HEALTHY,
                            Map.of(),
                            Optional.empty())))),
            LoadBalancing.ROUND_ROBIN));
    all.add(tls("tls-inline", new TrustRef.Inline(root), Cluster.HttpUpstream.HTTP2));
    all.add(tls("tls-any", new TrustRef.AcceptAny(), Cluster.HttpUpstream.AUTO));
    all.add(tls("tls-sds", new TrustRef.Sds(CREDENTIAL + "-cacert"), Cluster.HttpUpstream.HTTP1));
    all.add(tls("tls-system", new TrustRef.System(), Cluster.HttpUpstream.HTTP1));
    all.add(
        new Cluster(
            "outbound|4317||otel",
            new Discovery.Static(local),
            LoadBalancing.ROUND_ROBIN,
            Duration.ofSeconds(1),
            Cluster.HttpUpstream.HTTP2,
            List.of(),
            CircuitBreakers.UNLIMITED,
            Optional.empty(),
            Optional.of("127.0.0.6"),
            List.of(),
            ConnectionSettings.DEFAULT,
            ""));
    all.add(
        new Cluster(
            "main_internal",
            new Discovery.Static(
                ClusterLoadAssignment.of(
                    "main_internal",
                    List.of(
                        within("main_internal", "", Optional.empty()),
                        within(
                            "connect_originate",
                            "10.0.0.9:9080",
                            Optional.of(new SocketAddress("10.0.0.9", 9080))),
                        within(
                            "connect_originate",
                            "[::1]:9080",
                            Optional.of(new SocketAddress("::1", 9080)))))),
            LoadBalancing.ROUND_ROBIN,
            Duration.ofSeconds(10),
            Cluster.HttpUpstream.HTTP1,
            List.of(
                new TransportMatch("", Map.of(), Optional.empty())
                    .behind(TransportMatch.ProxyHeader.V2)
                    .inside()),
            CircuitBreakers.UNLIMITED,
            Optional.empty(),
            Optional.empty(),
            List.of(),
            ConnectionSettings.DEFAULT,
            ""));
    return all;
  }

  private static Cluster cluster(String name, Discovery discovery, LoadBalancing balancing) {
    Cluster plain = Cluster.of(name, discovery);
    return new Cluster(
        name,
        discovery,
        balancing,
        plain.connectTimeout(),
        plain.http(),
        plain.transports(),
        plain.circuitBreakers(),
        plain.outlierDetection(),
        plain.bindSource(),
        plain.services(),
        plain.connection(),
        plain.source());
  }

  private static Cluster tls(String name, TrustRef trust, Cluster.HttpUpstream http) {
    Cluster plain =
        Cluster.of(
            name,
            new Discovery.Static(
                ClusterLoadAssignment.of(name, List.of(Endpoint.of("127.0.0.1", 9)))));
    return new Cluster(
        name,
        plain.discovery(),
        plain.loadBalancing(),
        plain.connectTimeout(),
        http,
        List.of(
            new TransportMatch(
                    "",
                    Map.of(),
                    Optional.of(
                        new UpstreamTls(
                            new TlsContext(
                                Optional.empty(),
                                Optional.of(new PeerValidation(trust, List.of())),
                                List.of("h2", "http/1.1"),
                                Version.TLS_1_2,
                                Version.TLS_1_3,
                                List.of()),
                            "example.com")))
                .behind(TransportMatch.ProxyHeader.V2)),
        plain.circuitBreakers(),
        plain.outlierDetection(),
        plain.bindSource(),
        plain.services(),
        plain.connection(),
        plain.source());
  }

  /** Localities, weights, health and tags. */
  static List<ClusterLoadAssignment> endpoints() {
    return List.of(
        new ClusterLoadAssignment(
            "outbound|9080||eds",
            List.of(
                new LocalityEndpoints(
                    new Locality("r", "z", "s"),
                    0,
                    3,
                    List.of(
                        new Endpoint(
                            new SocketAddress("127.0.0.1", 9),
                            "",
                            2,
                            Endpoint.Health.HEALTHY,
                            Map.of("tlsMode", "istio"),
                            Optional.of(
                                new Endpoint.WorkloadRef(
                                    "reviews-v1", "default", "reviews", "v1", "Kubernetes"))),
                        new Endpoint(
                            new SocketAddress("::1", 9),
                            "a.example.com",
                            1,
                            Endpoint.Health.UNHEALTHY,
                            Map.of(),
                            Optional.empty()))),
                new LocalityEndpoints(
                    new Locality("r", "other", ""),
                    1,
                    1,
                    List.of(
                        new Endpoint(
                            new SocketAddress("127.0.0.2", 9),
                            "",
                            1,
                            Endpoint.Health.DRAINING,
                            Map.of(),
                            Optional.empty()))))));
  }

  private static Endpoint within(
      String listener, String endpoint, Optional<SocketAddress> destination) {
    return new Endpoint(
        new InternalAddress(listener, endpoint, destination),
        "",
        1,
        Endpoint.Health.HEALTHY,
        Map.of(),
        Optional.empty());
  }
}
