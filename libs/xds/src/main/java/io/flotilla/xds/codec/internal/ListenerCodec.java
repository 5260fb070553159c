// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.codec.internal;

import com.github.udpa.udpa.type.v1.TypedStruct;
import com.google.protobuf.Any;
import com.google.protobuf.BoolValue;
import com.google.protobuf.Struct;
import com.google.protobuf.UInt32Value;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.core.v3.GrpcService;
import io.envoyproxy.envoy.config.core.v3.TrafficDirection;
import io.envoyproxy.envoy.config.listener.v3.AdditionalAddress;
import io.envoyproxy.envoy.config.listener.v3.Filter;
import io.envoyproxy.envoy.config.listener.v3.Listener.InternalListenerConfig;
import io.envoyproxy.envoy.config.listener.v3.ListenerFilter;
import io.envoyproxy.envoy.config.trace.v3.OpenTelemetryConfig;
import io.envoyproxy.envoy.extensions.filters.http.ext_authz.v3.ExtAuthz;
import io.envoyproxy.envoy.extensions.filters.http.fault.v3.HTTPFault;
import io.envoyproxy.envoy.extensions.filters.http.grpc_stats.v3.FilterConfig;
import io.envoyproxy.envoy.extensions.filters.http.grpc_web.v3.GrpcWeb;
import io.envoyproxy.envoy.extensions.filters.http.router.v3.Router;
import io.envoyproxy.envoy.extensions.filters.listener.http_inspector.v3.HttpInspector;
import io.envoyproxy.envoy.extensions.filters.listener.original_dst.v3.OriginalDst;
import io.envoyproxy.envoy.extensions.filters.listener.proxy_protocol.v3.ProxyProtocol;
import io.envoyproxy.envoy.extensions.filters.listener.tls_inspector.v3.TlsInspector;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.CodecType;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.ForwardClientCertDetails;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.PathWithEscapedSlashesAction;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.ServerHeaderTransformation;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.SetCurrentClientCertDetails;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager.UpgradeConfig;
import io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.Rds;
import io.envoyproxy.envoy.type.tracing.v3.CustomTag;
import io.flotilla.model.InvalidModelException;
import io.flotilla.model.address.SocketAddress;
import io.flotilla.model.listener.FilterChain;
import io.flotilla.model.listener.FilterChainMatch;
import io.flotilla.model.listener.HttpConnectionManager;
import io.flotilla.model.listener.HttpFilter;
import io.flotilla.model.listener.IstioStats;
import io.flotilla.model.listener.Listener;
import io.flotilla.model.listener.NetworkFilter;
import io.flotilla.model.listener.PathNormalization;
import io.flotilla.model.listener.TcpProxy;
import io.flotilla.model.listener.Terminal;
import io.flotilla.model.listener.Tracing;
import io.flotilla.model.match.Percentage;
import io.flotilla.model.route.ClusterChoice;
import io.flotilla.model.route.HeaderEdits;
import io.flotilla.model.route.RouteAction;
import io.flotilla.xds.codec.Capabilities;
import io.flotilla.xds.codec.Structs;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** Listeners, filter chains and the filters in them. */
public final class ListenerCodec {
  // As Istio sends it: a client that does not finish its handshake is let go.
  private static final Duration HANDSHAKE_TIMEOUT = Duration.ofSeconds(15);
  private static final String HCM = "envoy.filters.network.http_connection_manager";
  private static final String STATS_TYPE = "type.googleapis.com/stats.PluginConfig";
  private static final String EXCHANGE_TCP_TYPE =
      "type.googleapis.com/envoy.tcp.metadataexchange.config.MetadataExchange";
  private static final String PEER_METADATA_TYPE =
      "type.googleapis.com/io.istio.http.peer_metadata.Config";
  private static final String ALPN_TYPE =
      "type.googleapis.com/istio.envoy.config.filter.http.alpn.v2alpha1.FilterConfig";

  private final Capabilities capabilities;

  /** {@code capabilities}: what the proxy has; what it lacks is left out. */
  public ListenerCodec(Capabilities capabilities) {
    this.capabilities = capabilities;
  }

  /** To the wire. */
  public io.envoyproxy.envoy.config.listener.v3.Listener encode(Listener listener) {
    var b =
        io.envoyproxy.envoy.config.listener.v3.Listener.newBuilder()
            .setName(listener.name())
            .setTrafficDirection(
                switch (listener.direction()) {
                  case INBOUND -> TrafficDirection.INBOUND;
                  case OUTBOUND -> TrafficDirection.OUTBOUND;
                  case UNSPECIFIED -> TrafficDirection.UNSPECIFIED;
                });
    if (listener.internal()) {
      b.setInternalListener(InternalListenerConfig.getDefaultInstance());
    } else {
      b.setAddress(Common.address(listener.address()));
    }
    for (SocketAddress each : listener.additionalAddresses()) {
      b.addAdditionalAddresses(AdditionalAddress.newBuilder().setAddress(Common.address(each)));
    }
    if (!listener.bindToPort() && !listener.internal()) {
      b.setBindToPort(BoolValue.of(false));
    }
    if (listener.useOriginalDestination()) {
      b.setUseOriginalDst(BoolValue.of(true));
    }
    // A real Envoy 1.40 crashes on a transparent listener without a socket.
    if (listener.transparent() && listener.bindToPort()) {
      b.setTransparent(BoolValue.of(true));
    }
    inspectors(listener.inspectors(), b);
    b.setListenerFiltersTimeout(Common.duration(listener.inspectionTimeout()));
    b.setContinueOnListenerFiltersTimeout(listener.continueOnInspectionTimeout());
    listener.filterChains().forEach(c -> b.addFilterChains(chain(c, listener)));
    listener.defaultFilterChain().ifPresent(c -> b.setDefaultFilterChain(chain(c, listener)));
    // Envoy would log every connection here, and not just those that no chain took.
    listener.accessLogs().forEach(l -> b.addAccessLog(AccessLogCodec.encode(l)));
    return b.build();
  }

  private static void inspectors(
      Set<Listener.Inspector> inspectors,
      io.envoyproxy.envoy.config.listener.v3.Listener.Builder b) {
    // In the order in which each can see what it needs.
    if (inspectors.contains(Listener.Inspector.ORIGINAL_DESTINATION)) {
      b.addListenerFilters(
          inspector("envoy.filters.listener.original_dst", OriginalDst.getDefaultInstance()));
    }
    if (inspectors.contains(Listener.Inspector.PROXY_PROTOCOL)) {
      b.addListenerFilters(
          inspector("envoy.filters.listener.proxy_protocol", ProxyProtocol.getDefaultInstance()));
    }
    if (inspectors.contains(Listener.Inspector.TLS)) {
      b.addListenerFilters(
          inspector("envoy.filters.listener.tls_inspector", TlsInspector.getDefaultInstance()));
    }
    if (inspectors.contains(Listener.Inspector.HTTP)) {
      b.addListenerFilters(
          inspector("envoy.filters.listener.http_inspector", HttpInspector.getDefaultInstance()));
    }
  }

  private static ListenerFilter inspector(String name, com.google.protobuf.Message config) {
    return ListenerFilter.newBuilder().setName(name).setTypedConfig(Any.pack(config)).build();
  }

  private io.envoyproxy.envoy.config.listener.v3.FilterChain chain(
      FilterChain chain, Listener listener) {
    var b = io.envoyproxy.envoy.config.listener.v3.FilterChain.newBuilder().setName(chain.name());
    b.setTransportSocketConnectTimeout(Common.duration(HANDSHAKE_TIMEOUT));
    if (!chain.match().equals(FilterChainMatch.ANY)) {
      b.setFilterChainMatch(match(chain.match()));
    }
    chain.tls().ifPresent(t -> b.setTransportSocket(TlsCodec.downstream(t)));
    for (NetworkFilter filter : chain.networkFilters()) {
      switch (filter) {
        case NetworkFilter.PeerExchange p -> {
          if (capabilities.metadataExchange()) {
            b.addFilters(
                typedStruct(
                    "istio.metadata_exchange",
                    EXCHANGE_TCP_TYPE,
                    Map.of("protocol", "istio-peer-exchange", "enable_discovery", true)));
          }
        }
        case NetworkFilter.AccessControl a ->
            b.addFilters(
                Filter.newBuilder()
                    .setName("envoy.filters.network.rbac")
                    .setTypedConfig(Any.pack(RbacCodec.network(a.rbac(), a.statPrefix()))));
        case NetworkFilter.LocalRate r ->
            b.addFilters(
                Filter.newBuilder()
                    .setName("envoy.filters.network.local_ratelimit")
                    .setTypedConfig(Any.pack(RateLimitCodec.network(r))));
        case NetworkFilter.Authorization a ->
            b.addFilters(
                Filter.newBuilder()
                    .setName("envoy.filters.network.ext_authz")
                    .setTypedConfig(Any.pack(AuthorizationCodec.network(a))));
        case NetworkFilter.Stats s -> {
          if (capabilities.istioStats()) {
            b.addFilters(
                Filter.newBuilder().setName("istio.stats").setTypedConfig(stats(s.config())));
          }
        }
      }
    }
    switch (chain.terminal()) {
      case TcpProxy tcp ->
          b.addFilters(
              Filter.newBuilder()
                  .setName("envoy.filters.network.tcp_proxy")
                  .setTypedConfig(Any.pack(tcp(tcp))));
      case HttpConnectionManager http ->
          b.addFilters(
              Filter.newBuilder().setName(HCM).setTypedConfig(Any.pack(http(http, listener))));
    }
    return b.build();
  }

  private static Filter typedStruct(String name, String type, Map<String, Object> config) {
    return Filter.newBuilder().setName(name).setTypedConfig(struct(type, config)).build();
  }

  private static Any struct(String type, Map<String, Object> config) {
    return Any.pack(
        TypedStruct.newBuilder().setTypeUrl(type).setValue(Structs.toStruct(config)).build());
  }

  private static Any stats(IstioStats s) {
    return Any.newBuilder().setTypeUrl(STATS_TYPE).setValue(StatsWire.encode(s)).build();
  }

  private static io.envoyproxy.envoy.config.listener.v3.FilterChainMatch match(FilterChainMatch m) {
    var b = io.envoyproxy.envoy.config.listener.v3.FilterChainMatch.newBuilder();
    m.destinationPort().ifPresent(p -> b.setDestinationPort(UInt32Value.of(p)));
    m.destinations().forEach(c -> b.addPrefixRanges(Common.cidr(c)));
    m.sources().forEach(c -> b.addSourcePrefixRanges(Common.cidr(c)));
    return b.addAllServerNames(m.serverNames())
        .setTransportProtocol(m.transportProtocol())
        .addAllApplicationProtocols(m.applicationProtocols())
        .build();
  }

  private static io.envoyproxy.envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy tcp(
      TcpProxy tcp) {
    var b =
        io.envoyproxy.envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy.newBuilder()
            .setStatPrefix(tcp.statPrefix());
    switch (tcp.cluster()) {
      case ClusterChoice.Single s -> b.setCluster(s.name());
      case ClusterChoice.Weighted w -> {
        var weighted = b.getWeightedClustersBuilder();
        w.targets()
            .forEach(t -> weighted.addClustersBuilder().setName(t.name()).setWeight(t.weight()));
      }
      case ClusterChoice.FromHeader h ->
          throw new InvalidModelException(
              "TCP proxy " + tcp.statPrefix() + " cannot choose its cluster by a header");
    }
    tcp.idleTimeout().ifPresent(t -> b.setIdleTimeout(Common.duration(t)));
    tcp.accessLogs().forEach(l -> b.addAccessLog(AccessLogCodec.encode(l)));
    tcp.tunnel()
        .ifPresent(t -> b.getTunnelingConfigBuilder().setHostname(t.target()).setUsePost(t.post()));
    return b.build();
  }

  private io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3
          .HttpConnectionManager
      http(HttpConnectionManager http, Listener listener) {
    var b =
        io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3
            .HttpConnectionManager.newBuilder()
            .setStatPrefix(http.statPrefix())
            .setCodecType(
                switch (http.codec()) {
                  case AUTO -> CodecType.AUTO;
                  case HTTP1 -> CodecType.HTTP1;
                  case HTTP2 -> CodecType.HTTP2;
                })
            .setUseRemoteAddress(BoolValue.of(http.useRemoteAddress()))
            .setXffNumTrustedHops(http.xffTrustedHops())
            .setForwardClientCertDetails(
                switch (http.forwardClientCert()) {
                  case SANITIZE -> ForwardClientCertDetails.SANITIZE;
                  case FORWARD_ONLY -> ForwardClientCertDetails.FORWARD_ONLY;
                  case APPEND_FORWARD -> ForwardClientCertDetails.APPEND_FORWARD;
                  case SANITIZE_SET -> ForwardClientCertDetails.SANITIZE_SET;
                  case ALWAYS_FORWARD_ONLY -> ForwardClientCertDetails.ALWAYS_FORWARD_ONLY;
                })
            .setNormalizePath(BoolValue.of(http.paths().normalize()))
            .setMergeSlashes(http.paths().mergeSlashes())
            .setPathWithEscapedSlashesAction(
                switch (http.paths().escapedSlashes()) {
                  case KEEP -> PathWithEscapedSlashesAction.KEEP_UNCHANGED;
                  case REJECT -> PathWithEscapedSlashesAction.REJECT_REQUEST;
                  case UNESCAPE_AND_REDIRECT -> PathWithEscapedSlashesAction.UNESCAPE_AND_REDIRECT;
                  case UNESCAPE_AND_FORWARD -> PathWithEscapedSlashesAction.UNESCAPE_AND_FORWARD;
                })
            .setProxy100Continue(true)
            .setMaxRequestHeadersKb(UInt32Value.of(http.maxRequestHeadersKiB()));
    if (http.setCurrentClientCertDetails()) {
      b.setSetCurrentClientCertDetails(
          SetCurrentClientCertDetails.newBuilder()
              .setSubject(BoolValue.of(true))
              // At the edge there is no other way to see the client's certificate.
              .setCert(
                  http.forwardClientCert() == HttpConnectionManager.ForwardClientCert.SANITIZE_SET)
              .setUri(true)
              .setDns(true));
    }
    if (http.serverName().isEmpty()) {
      b.setServerHeaderTransformation(ServerHeaderTransformation.PASS_THROUGH);
    } else {
      b.setServerName(http.serverName());
    }
    switch (http.routes()) {
      case HttpConnectionManager.RouteSource.Rds rds ->
          b.setRds(Rds.newBuilder().setConfigSource(Common.ads()).setRouteConfigName(rds.name()));
      case HttpConnectionManager.RouteSource.Inline inline ->
          b.setRouteConfig(RouteCodec.encode(inline.routes()));
    }
    http.streamIdleTimeout().ifPresent(t -> b.setStreamIdleTimeout(Common.duration(t)));
    if (!http.requestHeadersTimeout().isZero()) {
      b.setRequestHeadersTimeout(Common.duration(http.requestHeadersTimeout()));
    }
    http.idleTimeout()
        .ifPresent(t -> b.getCommonHttpProtocolOptionsBuilder().setIdleTimeout(Common.duration(t)));
    http.upgrades().forEach(u -> b.addUpgradeConfigs(UpgradeConfig.newBuilder().setUpgradeType(u)));
    if (http.upgrades().contains(RouteAction.Forward.CONNECT)) {
      b.getHttp2ProtocolOptionsBuilder().setAllowConnect(true);
    }
    boolean childSpans =
        http.filters().getLast() instanceof HttpFilter.Router r && r.startChildSpan();
    http.tracing()
        .ifPresent(t -> b.setTracing(tracing(t).setSpawnUpstreamSpan(BoolValue.of(childSpans))));
    http.accessLogs().forEach(l -> b.addAccessLog(AccessLogCodec.encode(l)));
    http.filters().forEach(f -> httpFilter(f, listener, b));
    return b.build();
  }

  private void httpFilter(
      HttpFilter filter,
      Listener listener,
      io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3
              .HttpConnectionManager.Builder
          b) {
    switch (filter) {
      case HttpFilter.Router r ->
          // That there are child spans is said with the tracing; the router's own field is old.
          add(b, "envoy.filters.http.router", Any.pack(Router.getDefaultInstance()));
      case HttpFilter.FaultInjection f ->
          add(
              b,
              "envoy.filters.http.fault",
              Any.pack(f.fault().map(RouteCodec::fault).orElse(HTTPFault.getDefaultInstance())));
      case HttpFilter.CorsFilter c ->
          add(
              b,
              "envoy.filters.http.cors",
              Any.pack(
                  io.envoyproxy.envoy.extensions.filters.http.cors.v3.Cors.getDefaultInstance()));
      case HttpFilter.AccessControl a ->
          add(b, "envoy.filters.http.rbac", Any.pack(RbacCodec.http(a.rbac())));
      case HttpFilter.Rate r -> add(b, r.name(), Any.pack(RateLimitCodec.encode(r.limit())));
      case HttpFilter.LocalRate r -> add(b, r.name(), Any.pack(RateLimitCodec.encode(r.limit())));
      case HttpFilter.Authorization a ->
          add(b, a.name(), Any.pack(AuthorizationCodec.encode(a.authorization())));
      case HttpFilter.Jwt j ->
          add(b, "envoy.filters.http.jwt_authn", Any.pack(JwtCodec.encode(j.authentication())));
      case HttpFilter.GrpcStats g ->
          add(
              b,
              "envoy.filters.http.grpc_stats",
              Any.pack(
                  FilterConfig.newBuilder()
                      .setEmitFilterState(true)
                      .setStatsForAllMethods(BoolValue.of(false))
                      .build()));
      case HttpFilter.GrpcWeb g ->
          add(b, "envoy.filters.http.grpc_web", Any.pack(GrpcWeb.getDefaultInstance()));
      case HttpFilter.ConnectAuthority c ->
          add(b, "connect_authority", InternalCodec.connectAuthority());
      case HttpFilter.PeerMetadata p -> {
        if (capabilities.metadataExchange()) {
          add(b, "istio.metadata_exchange", struct(PEER_METADATA_TYPE, peerMetadata(listener)));
        }
      }
      case HttpFilter.Stats s -> {
        if (capabilities.istioStats()) {
          add(b, "istio.stats", stats(s.config()));
        }
      }
      case HttpFilter.Alpn a -> {
        if (capabilities.istioAlpn()) {
          add(
              b,
              "istio.alpn",
              Any.newBuilder()
                  .setTypeUrl(ALPN_TYPE)
                  .setValue(AlpnWire.encode(a.overrides()))
                  .build());
        }
      }
    }
  }

  private static Map<String, Object> peerMetadata(Listener listener) {
    Map<String, Object> headers = Map.of("istio_headers", Map.of());
    Map<String, Object> out = new LinkedHashMap<>();
    boolean inbound = listener.direction() == Listener.TrafficDirection.INBOUND;
    out.put(inbound ? "downstream_discovery" : "upstream_discovery", List.of(headers));
    out.put(inbound ? "downstream_propagation" : "upstream_propagation", List.of(headers));
    return out;
  }

  private static void add(
      io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3
              .HttpConnectionManager.Builder
          b,
      String name,
      Any config) {
    b.addHttpFiltersBuilder().setName(name).setTypedConfig(config);
  }

  private static io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3
          .HttpConnectionManager.Tracing.Builder
      tracing(Tracing t) {
    var b =
        io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3
            .HttpConnectionManager.Tracing.newBuilder()
            .setClientSampling(Common.whole(t.clientSampling()))
            .setRandomSampling(Common.whole(t.randomSampling()))
            .setOverallSampling(Common.whole(t.overallSampling()));
    t.customTags()
        .forEach(
            (tag, value) ->
                b.addCustomTags(
                    CustomTag.newBuilder()
                        .setTag(tag)
                        .setLiteral(CustomTag.Literal.newBuilder().setValue(value))));
    t.exporterCluster()
        .ifPresent(
            cluster ->
                b.getProviderBuilder()
                    .setName("envoy.tracers.opentelemetry")
                    .setTypedConfig(
                        Any.pack(
                            OpenTelemetryConfig.newBuilder()
                                .setServiceName(t.serviceName())
                                .setGrpcService(
                                    GrpcService.newBuilder()
                                        .setEnvoyGrpc(
                                            GrpcService.EnvoyGrpc.newBuilder()
                                                .setClusterName(cluster)
                                                .setAuthority(cluster)))
                                .build())));
    return b;
  }

  /** From the wire. */
  public static Listener decode(io.envoyproxy.envoy.config.listener.v3.Listener l) {
    Set<Listener.Inspector> inspectors = EnumSet.noneOf(Listener.Inspector.class);
    for (ListenerFilter f : l.getListenerFiltersList()) {
      String type = Common.typeName(f.getTypedConfig());
      if (type.endsWith(".OriginalDst")) {
        inspectors.add(Listener.Inspector.ORIGINAL_DESTINATION);
      } else if (type.endsWith(".TlsInspector")) {
        inspectors.add(Listener.Inspector.TLS);
      } else if (type.endsWith(".HttpInspector")) {
        inspectors.add(Listener.Inspector.HTTP);
      } else if (type.endsWith(".ProxyProtocol")) {
        inspectors.add(Listener.Inspector.PROXY_PROTOCOL);
      } else {
        throw new InvalidModelException(
            "listener "
                + l.getName()
                + " has the listener filter "
                + f.getName()
                + ", which is not supported");
      }
    }
    if (!l.hasInternalListener() && !l.getAddress().hasSocketAddress()) {
      throw new InvalidModelException(
          "listener " + l.getName() + " must listen on a socket address");
    }
    return new Listener(
        l.getName(),
        l.hasInternalListener() ? Listener.NOWHERE : Common.socket(l.getAddress()),
        l.getAdditionalAddressesList().stream().map(a -> Common.socket(a.getAddress())).toList(),
        !l.hasInternalListener() && (!l.hasBindToPort() || l.getBindToPort().getValue()),
        switch (l.getTrafficDirection()) {
          case INBOUND -> Listener.TrafficDirection.INBOUND;
          case OUTBOUND -> Listener.TrafficDirection.OUTBOUND;
          default -> Listener.TrafficDirection.UNSPECIFIED;
        },
        l.getUseOriginalDst().getValue(),
        l.getTransparent().getValue(),
        inspectors,
        l.hasListenerFiltersTimeout()
            ? Common.duration(l.getListenerFiltersTimeout())
            : inspectors.isEmpty() ? Duration.ZERO : Duration.ofSeconds(15),
        l.getContinueOnListenerFiltersTimeout(),
        l.getFilterChainsList().stream().map(c -> chain(l.getName(), c)).toList(),
        Common.when(l.hasDefaultFilterChain(), () -> chain(l.getName(), l.getDefaultFilterChain())),
        AccessLogCodec.decode(l.getAccessLogList()),
        l.hasInternalListener());
  }

  private static FilterChain chain(
      String listener, io.envoyproxy.envoy.config.listener.v3.FilterChain c) {
    List<NetworkFilter> before = new ArrayList<>();
    Terminal terminal = null;
    for (Filter filter : c.getFiltersList()) {
      Filter f =
          filter.toBuilder().setTypedConfig(TypedStructs.unwrap(filter.getTypedConfig())).build();
      if (terminal != null) {
        throw new InvalidModelException(
            "listener " + listener + " has the filter " + f.getName() + " after a terminal one");
      }
      String type = Common.typeName(f.getTypedConfig());
      if (type.endsWith(".TcpProxy")) {
        terminal =
            tcp(
                Common.unpack(
                    f.getTypedConfig(),
                    io.envoyproxy.envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy.class));
      } else if (type.endsWith(".HttpConnectionManager")) {
        terminal =
            http(
                Common.unpack(
                    f.getTypedConfig(),
                    io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3
                        .HttpConnectionManager.class));
      } else if (type.equals("envoy.extensions.filters.network.rbac.v3.RBAC")) {
        var rbac =
            Common.unpack(
                f.getTypedConfig(),
                io.envoyproxy.envoy.extensions.filters.network.rbac.v3.RBAC.class);
        before.add(new NetworkFilter.AccessControl(RbacCodec.network(rbac), rbac.getStatPrefix()));
      } else if (type.equals("envoy.extensions.filters.network.ext_authz.v3.ExtAuthz")) {
        before.add(
            AuthorizationCodec.network(
                Common.unpack(
                    f.getTypedConfig(),
                    io.envoyproxy.envoy.extensions.filters.network.ext_authz.v3.ExtAuthz.class)));
      } else if (type.equals(
          "envoy.extensions.filters.network.local_ratelimit.v3.LocalRateLimit")) {
        before.add(
            RateLimitCodec.network(
                Common.unpack(
                    f.getTypedConfig(),
                    io.envoyproxy.envoy.extensions.filters.network.local_ratelimit.v3.LocalRateLimit
                        .class)));
      } else if (type.equals("stats.PluginConfig")) {
        before.add(new NetworkFilter.Stats(StatsWire.decode(f.getTypedConfig().getValue())));
      } else if (type.equals("udpa.type.v1.TypedStruct")) {
        TypedStruct struct = Common.unpack(f.getTypedConfig(), TypedStruct.class);
        switch (struct.getTypeUrl()) {
          case EXCHANGE_TCP_TYPE -> before.add(new NetworkFilter.PeerExchange());
          case STATS_TYPE -> before.add(new NetworkFilter.Stats(stats(struct.getValue())));
          default -> throw unsupported(listener, f.getName(), struct.getTypeUrl());
        }
      } else {
        throw unsupported(listener, f.getName(), type);
      }
    }
    if (terminal == null) {
      throw new InvalidModelException(
          "listener " + listener + " has a filter chain without a terminal filter");
    }
    return new FilterChain(
        c.getName(),
        c.hasFilterChainMatch() ? match(c.getFilterChainMatch()) : FilterChainMatch.ANY,
        Common.when(c.hasTransportSocket(), () -> TlsCodec.downstream(c.getTransportSocket())),
        before,
        terminal);
  }

  private static InvalidModelException unsupported(String listener, String filter, String type) {
    return new InvalidModelException(
        "listener "
            + listener
            + " has the filter "
            + filter
            + " ("
            + type
            + "), which is not supported");
  }

  private static IstioStats stats(Struct struct) {
    Value v = struct.getFieldsMap().get("disable_host_header_fallback");
    return new IstioStats(v != null && v.getBoolValue());
  }

  private static FilterChainMatch match(io.envoyproxy.envoy.config.listener.v3.FilterChainMatch m) {
    return new FilterChainMatch(
        Common.when(m.hasDestinationPort(), () -> m.getDestinationPort().getValue()),
        m.getPrefixRangesList().stream().map(Common::cidr).toList(),
        m.getServerNamesList(),
        m.getTransportProtocol(),
        m.getApplicationProtocolsList(),
        m.getSourcePrefixRangesList().stream().map(Common::cidr).toList());
  }

  private static TcpProxy tcp(
      io.envoyproxy.envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy t) {
    ClusterChoice choice =
        t.hasWeightedClusters()
            ? new ClusterChoice.Weighted(
                t.getWeightedClusters().getClustersList().stream()
                    .map(
                        w ->
                            new ClusterChoice.WeightedCluster(
                                w.getName(), w.getWeight(), HeaderEdits.NONE))
                    .toList())
            : new ClusterChoice.Single(t.getCluster());
    return new TcpProxy(
        t.getStatPrefix(),
        choice,
        Common.when(t.hasIdleTimeout(), () -> Common.duration(t.getIdleTimeout())),
        AccessLogCodec.decode(t.getAccessLogList()),
        Common.when(t.hasTunnelingConfig(), () -> tunnel(t)));
  }

  private static TcpProxy.Tunnel tunnel(
      io.envoyproxy.envoy.extensions.filters.network.tcp_proxy.v3.TcpProxy t) {
    var config = t.getTunnelingConfig();
    String target = config.getHostname();
    if (config.getHeadersToAddCount() > 0
        || !config.getPostPath().isEmpty()
        || target.indexOf('%') >= 0 && !target.equals(TcpProxy.Tunnel.DESTINATION)) {
      throw new InvalidModelException(
          "TCP proxy "
              + t.getStatPrefix()
              + " has a tunnel with headers_to_add, a post_path or a hostname other than a constant"
              + " or "
              + TcpProxy.Tunnel.DESTINATION
              + ", which are not supported");
    }
    return new TcpProxy.Tunnel(target, config.getUsePost());
  }

  private static HttpConnectionManager http(
      io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3
              .HttpConnectionManager
          h) {
    HttpConnectionManager.RouteSource routes =
        switch (h.getRouteSpecifierCase()) {
          case RDS -> new HttpConnectionManager.RouteSource.Rds(h.getRds().getRouteConfigName());
          case ROUTE_CONFIG ->
              new HttpConnectionManager.RouteSource.Inline(RouteCodec.decode(h.getRouteConfig()));
          default ->
              throw new InvalidModelException(
                  "connection manager "
                      + h.getStatPrefix()
                      + " takes its routes by "
                      + h.getRouteSpecifierCase()
                      + ", which is not supported");
        };
    return new HttpConnectionManager(
        h.getStatPrefix(),
        switch (h.getCodecType()) {
          case HTTP1 -> HttpConnectionManager.Codec.HTTP1;
          case HTTP2 -> HttpConnectionManager.Codec.HTTP2;
          case AUTO -> HttpConnectionManager.Codec.AUTO;
          default ->
              throw new InvalidModelException(
                  "connection manager "
                      + h.getStatPrefix()
                      + " has the codec "
                      + h.getCodecType()
                      + ", which is not supported");
        },
        routes,
        h.getHttpFiltersList().stream()
            .map(f -> httpFilter(f, h.getTracing().getSpawnUpstreamSpan().getValue()))
            .toList(),
        h.getUseRemoteAddress().getValue(),
        h.getXffNumTrustedHops(),
        switch (h.getForwardClientCertDetails()) {
          case FORWARD_ONLY -> HttpConnectionManager.ForwardClientCert.FORWARD_ONLY;
          case APPEND_FORWARD -> HttpConnectionManager.ForwardClientCert.APPEND_FORWARD;
          case SANITIZE_SET -> HttpConnectionManager.ForwardClientCert.SANITIZE_SET;
          case ALWAYS_FORWARD_ONLY -> HttpConnectionManager.ForwardClientCert.ALWAYS_FORWARD_ONLY;
          default -> HttpConnectionManager.ForwardClientCert.SANITIZE;
        },
        h.hasSetCurrentClientCertDetails(),
        h.getServerHeaderTransformation() == ServerHeaderTransformation.PASS_THROUGH
            ? ""
            : h.getServerName().isEmpty() ? "envoy" : h.getServerName(),
        new PathNormalization(
            switch (h.getPathWithEscapedSlashesAction()) {
              case REJECT_REQUEST -> PathNormalization.EscapedSlashes.REJECT;
              case UNESCAPE_AND_REDIRECT -> PathNormalization.EscapedSlashes.UNESCAPE_AND_REDIRECT;
              case UNESCAPE_AND_FORWARD -> PathNormalization.EscapedSlashes.UNESCAPE_AND_FORWARD;
              default -> PathNormalization.EscapedSlashes.KEEP;
            },
            h.getNormalizePath().getValue(),
            h.getMergeSlashes()),
        Common.when(h.hasStreamIdleTimeout(), () -> Common.duration(h.getStreamIdleTimeout())),
        Common.duration(h.getRequestHeadersTimeout()),
        Common.when(
            h.getCommonHttpProtocolOptions().hasIdleTimeout(),
            () -> Common.duration(h.getCommonHttpProtocolOptions().getIdleTimeout())),
        h.hasMaxRequestHeadersKb() ? h.getMaxRequestHeadersKb().getValue() : 60,
        h.getUpgradeConfigsList().stream().map(UpgradeConfig::getUpgradeType).toList(),
        Common.when(h.hasTracing(), () -> tracing(h.getTracing())),
        AccessLogCodec.decode(h.getAccessLogList()));
  }

  @SuppressWarnings("deprecation")
  private static HttpFilter httpFilter(
      io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3.HttpFilter f,
      boolean childSpans) {
    Any any = TypedStructs.unwrap(f.getTypedConfig());
    String type = Common.typeName(any);
    return switch (type) {
      case "envoy.extensions.filters.http.router.v3.Router" ->
          new HttpFilter.Router(childSpans || Common.unpack(any, Router.class).getStartChildSpan());
      case "envoy.extensions.filters.http.fault.v3.HTTPFault" -> {
        HTTPFault fault = Common.unpack(any, HTTPFault.class);
        yield new HttpFilter.FaultInjection(
            fault.hasAbort() || fault.hasDelay()
                ? Optional.of(RouteCodec.fault(fault))
                : Optional.empty());
      }
      case "envoy.extensions.filters.http.cors.v3.Cors" -> new HttpFilter.CorsFilter();
      case "envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication" ->
          new HttpFilter.Jwt(
              JwtCodec.decode(
                  Common.unpack(
                      any,
                      io.envoyproxy.envoy.extensions.filters.http.jwt_authn.v3.JwtAuthentication
                          .class)));
      case "envoy.extensions.filters.http.rbac.v3.RBAC" ->
          new HttpFilter.AccessControl(
              RbacCodec.http(
                  Common.unpack(
                      any, io.envoyproxy.envoy.extensions.filters.http.rbac.v3.RBAC.class)));
      case "envoy.extensions.filters.http.ext_authz.v3.ExtAuthz" ->
          new HttpFilter.Authorization(
              f.getName(), AuthorizationCodec.decode(Common.unpack(any, ExtAuthz.class)));
      case "envoy.extensions.filters.http.ratelimit.v3.RateLimit" ->
          new HttpFilter.Rate(
              f.getName(),
              RateLimitCodec.decode(
                  Common.unpack(
                      any,
                      io.envoyproxy.envoy.extensions.filters.http.ratelimit.v3.RateLimit.class)));
      case "envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit" ->
          new HttpFilter.LocalRate(
              f.getName(),
              RateLimitCodec.decode(
                  Common.unpack(
                      any,
                      io.envoyproxy.envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit
                          .class)));
      case "envoy.extensions.filters.http.grpc_stats.v3.FilterConfig" -> new HttpFilter.GrpcStats();
      case "envoy.extensions.filters.http.grpc_web.v3.GrpcWeb" -> new HttpFilter.GrpcWeb();
      case "envoy.extensions.filters.http.set_filter_state.v3.Config" -> {
        InternalCodec.checkConnectAuthority(any);
        yield new HttpFilter.ConnectAuthority();
      }
      case "istio.envoy.config.filter.http.alpn.v2alpha1.FilterConfig" ->
          new HttpFilter.Alpn(AlpnWire.decode(any.getValue()));
      case "stats.PluginConfig" -> new HttpFilter.Stats(StatsWire.decode(any.getValue()));
      case "udpa.type.v1.TypedStruct" -> {
        TypedStruct struct = Common.unpack(any, TypedStruct.class);
        yield switch (struct.getTypeUrl()) {
          case STATS_TYPE -> new HttpFilter.Stats(stats(struct.getValue()));
          case PEER_METADATA_TYPE -> new HttpFilter.PeerMetadata();
          default -> throw unsupportedHttp(f.getName(), struct.getTypeUrl());
        };
      }
      default -> throw unsupportedHttp(f.getName(), type);
    };
  }

  private static InvalidModelException unsupportedHttp(String name, String type) {
    return new InvalidModelException("HTTP filter " + name + " (" + type + ") is not supported");
  }

  private static Tracing tracing(
      io.envoyproxy.envoy.extensions.filters.network.http_connection_manager.v3
              .HttpConnectionManager.Tracing
          t) {
    Map<String, String> tags = new LinkedHashMap<>();
    for (CustomTag tag : t.getCustomTagsList()) {
      if (tag.hasLiteral()) {
        tags.put(tag.getTag(), tag.getLiteral().getValue());
      }
    }
    Optional<String> cluster = Optional.empty();
    String service = "";
    if (t.hasProvider()
        && Common.typeName(t.getProvider().getTypedConfig()).endsWith("OpenTelemetryConfig")) {
      OpenTelemetryConfig otel =
          Common.unpack(t.getProvider().getTypedConfig(), OpenTelemetryConfig.class);
      service = otel.getServiceName();
      cluster =
          Optional.of(otel.getGrpcService().getEnvoyGrpc().getClusterName())
              .filter(c -> !c.isEmpty());
    }
    return new Tracing(
        cluster,
        service,
        t.hasClientSampling() ? Common.percent(t.getClientSampling()) : Percentage.ALL,
        t.hasRandomSampling() ? Common.percent(t.getRandomSampling()) : Percentage.ALL,
        t.hasOverallSampling() ? Common.percent(t.getOverallSampling()) : Percentage.ALL,
        tags);
  }
}
