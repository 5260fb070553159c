// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate.listener;

import io.flotilla.model.listener.AccessLog;
import io.flotilla.model.listener.FilterChain;
import io.flotilla.model.listener.FilterChainMatch;
import io.flotilla.model.listener.HttpConnectionManager;
import io.flotilla.model.listener.HttpConnectionManager.Codec;
import io.flotilla.model.listener.HttpConnectionManager.ForwardClientCert;
import io.flotilla.model.listener.HttpConnectionManager.RouteSource;
import io.flotilla.model.listener.HttpFilter;
import io.flotilla.model.listener.IstioStats;
import io.flotilla.model.listener.LogFilter;
import io.flotilla.model.listener.NetworkFilter;
import io.flotilla.model.listener.TcpProxy;
import io.flotilla.model.listener.Tracing;
import io.flotilla.model.match.Percentage;
import io.flotilla.model.route.ClusterChoice;
import io.flotilla.model.tls.DownstreamTls;
import io.flotilla.translate.MeshSettings;
import io.flotilla.translate.ProxyScope;
import io.flotilla.translate.policy.AccessFilters;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/** The filter chains that listeners are made of, with the filters that Istio puts into each. */
final class Chains {
  /** The cluster that takes spans. */
  static final String EXPORTER_CLUSTER = "flotilla-otlp";

  private static final String ACCESS_LOG_FORMAT =
      "[%START_TIME%] \"%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%\""
          + " %RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS%"
          + " %CONNECTION_TERMINATION_DETAILS% \"%UPSTREAM_TRANSPORT_FAILURE_REASON%\""
          + " %BYTES_RECEIVED% %BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)%"
          + " \"%REQ(X-FORWARDED-FOR)%\" \"%REQ(USER-AGENT)%\" \"%REQ(X-REQUEST-ID)%\""
          + " \"%REQ(:AUTHORITY)%\" \"%UPSTREAM_HOST%\" %UPSTREAM_CLUSTER_RAW%"
          + " %UPSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_REMOTE_ADDRESS%"
          + " %REQUESTED_SERVER_NAME% %ROUTE_NAME%\n";

  private static final Map<String, List<String>> ALPN =
      Map.of(
          "http/1.0", List.of("istio-http/1.0", "istio", "http/1.0"),
          "http/1.1", List.of("istio-http/1.1", "istio", "http/1.1"),
          "h2", List.of("istio-h2", "istio", "h2"));

  private final MeshSettings mesh;
  private final ProxyScope scope;

  private final AccessFilters access;

  Chains(MeshSettings mesh, ProxyScope scope) {
    this(mesh, scope, AccessFilters.NONE);
  }

  /** {@code access}: what guards that which arrives. */
  Chains(MeshSettings mesh, ProxyScope scope, AccessFilters access) {
    this.mesh = mesh;
    this.scope = scope;
    this.access = access;
  }

  private List<HttpFilter> guarded(HttpFilter... rest) {
    List<HttpFilter> out = new ArrayList<>();
    out.add(new HttpFilter.PeerMetadata());
    out.addAll(access.http());
    out.addAll(List.of(rest));
    return out;
  }

  List<AccessLog> accessLogs() {
    String format = mesh.accessLogFormat().isEmpty() ? ACCESS_LOG_FORMAT : mesh.accessLogFormat();
    return mesh.accessLogPath().isEmpty()
        ? List.of()
        : List.of(
            AccessLog.text(mesh.accessLogPath(), format.endsWith("\n") ? format : format + "\n"));
  }

  /** Of the connections that no chain took. */
  List<AccessLog> unmatchedLogs() {
    return accessLogs().stream()
        .map(log -> log.where(new LogFilter.ResponseFlags(Set.of("NR"))))
        .toList();
  }

  /** HTTP that the workload sends. */
  HttpConnectionManager outboundHttp(String place, String routes) {
    return http(
        "outbound_" + place + ";",
        new RouteSource.Rds(routes),
        List.of(
            new HttpFilter.PeerMetadata(),
            new HttpFilter.GrpcStats(),
            new HttpFilter.Alpn(ALPN),
            new HttpFilter.FaultInjection(Optional.empty()),
            new HttpFilter.CorsFilter(),
            new HttpFilter.Stats(new IstioStats(false)),
            new HttpFilter.Router(false)),
        false,
        ForwardClientCert.SANITIZE,
        false,
        "");
  }

  /** HTTP that the workload is sent. */
  HttpConnectionManager inboundHttp(String statPrefix, RouteSource routes) {
    return http(
        statPrefix,
        routes,
        guarded(
            new HttpFilter.GrpcStats(),
            new HttpFilter.FaultInjection(Optional.empty()),
            new HttpFilter.CorsFilter(),
            new HttpFilter.Stats(new IstioStats(true)),
            new HttpFilter.Router(false)),
        false,
        ForwardClientCert.APPEND_FORWARD,
        true,
        "istio-envoy");
  }

  /** HTTP that arrives at a gateway. */
  HttpConnectionManager gatewayHttp(String place, String routes) {
    return http(
        "outbound_" + place + ";",
        new RouteSource.Rds(routes),
        guarded(
            new HttpFilter.GrpcStats(),
            new HttpFilter.Alpn(ALPN),
            new HttpFilter.FaultInjection(Optional.empty()),
            new HttpFilter.CorsFilter(),
            new HttpFilter.Stats(new IstioStats(true)),
            new HttpFilter.Router(false)),
        true,
        ForwardClientCert.SANITIZE_SET,
        true,
        "istio-envoy");
  }

  private HttpConnectionManager http(
      String statPrefix,
      RouteSource routes,
      List<HttpFilter> filters,
      boolean edge,
      ForwardClientCert forward,
      boolean setDetails,
      String serverName) {
    return new HttpConnectionManager(
        statPrefix,
        Codec.AUTO,
        routes,
        filters,
        edge,
        0,
        forward,
        setDetails,
        serverName,
        mesh.paths(),
        Optional.of(Duration.ZERO),
        Duration.ZERO,
        Optional.empty(),
        60,
        List.of("websocket"),
        Optional.of(tracing()),
        accessLogs());
  }

  private Tracing tracing() {
    Map<String, String> tags = new LinkedHashMap<>();
    tags.put("istio.canonical_revision", scope.canonicalRevision());
    tags.put("istio.canonical_service", scope.canonicalService());
    tags.put("istio.cluster_id", mesh.clusterId());
    tags.put("istio.mesh_id", mesh.trustDomain());
    tags.put("istio.namespace", scope.namespace());
    return new Tracing(
        mesh.tracing().map(exporter -> EXPORTER_CLUSTER),
        scope.canonicalService() + "." + scope.namespace(),
        Percentage.ALL,
        Percentage.ofPercent(mesh.samplingPercent()),
        Percentage.ALL,
        tags);
  }

  TcpProxy tcp(String statPrefix, ClusterChoice cluster) {
    return tcp(statPrefix, cluster, Optional.empty());
  }

  private TcpProxy tcp(String statPrefix, ClusterChoice cluster, Optional<TcpProxy.Tunnel> tunnel) {
    return new TcpProxy(statPrefix, cluster, Optional.empty(), accessLogs(), tunnel);
  }

  /** Bytes that pass a gateway. */
  FilterChain gatewayTcp(
      String name,
      FilterChainMatch match,
      ClusterChoice cluster,
      Optional<TcpProxy.Tunnel> tunnel) {
    List<NetworkFilter> filters = new ArrayList<>(access.tcp());
    filters.add(new NetworkFilter.Stats(new IstioStats(false)));
    return new FilterChain(
        name, match, Optional.empty(), filters, tcp(statPrefix(cluster), cluster, tunnel));
  }

  /** Bytes that the workload sends. */
  FilterChain outboundTcp(String name, FilterChainMatch match, ClusterChoice cluster) {
    return outboundTcp(name, match, cluster, Optional.empty());
  }

  /** The same by way of an HTTP proxy. */
  FilterChain outboundTcp(
      String name,
      FilterChainMatch match,
      ClusterChoice cluster,
      Optional<TcpProxy.Tunnel> tunnel) {
    return new FilterChain(
        name,
        match,
        Optional.empty(),
        List.of(new NetworkFilter.Stats(new IstioStats(false))),
        tcp(statPrefix(cluster), cluster, tunnel));
  }

  private static String statPrefix(ClusterChoice cluster) {
    List<String> names = cluster.clusters();
    return names.isEmpty() ? "tcp" : names.getFirst();
  }

  /** Requests that the workload is sent. */
  FilterChain inboundHttpChain(
      String name,
      FilterChainMatch match,
      Optional<DownstreamTls> tls,
      HttpConnectionManager http) {
    return new FilterChain(name, match, tls, List.of(new NetworkFilter.PeerExchange()), http);
  }

  /** Bytes that the workload is sent. */
  FilterChain inboundTcpChain(
      String name, FilterChainMatch match, Optional<DownstreamTls> tls, String cluster) {
    List<NetworkFilter> filters = new ArrayList<>(List.of(new NetworkFilter.PeerExchange()));
    filters.addAll(access.tcp());
    filters.add(new NetworkFilter.Stats(new IstioStats(true)));
    return new FilterChain(
        name, match, tls, filters, tcp(cluster, new ClusterChoice.Single(cluster)));
  }
}
