// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate.cluster;

import io.flotilla.api.Resource;
import io.flotilla.api.networking.ConnectionPoolSettings;
import io.flotilla.api.networking.ConnectionPoolSettings.H2UpgradePolicy;
import io.flotilla.api.networking.DestinationRule;
import io.flotilla.api.networking.LoadBalancerSettings;
import io.flotilla.api.networking.LoadBalancerSettings.ConsistentHash;
import io.flotilla.api.networking.LoadBalancerSettings.Simple;
import io.flotilla.api.networking.TrafficPolicy;
import io.flotilla.model.address.SocketAddress;
import io.flotilla.model.cluster.CircuitBreakers;
import io.flotilla.model.cluster.ConnectionSettings;
import io.flotilla.model.cluster.ConnectionSettings.TcpKeepalive;
import io.flotilla.model.cluster.LoadBalancing;
import io.flotilla.model.cluster.LoadBalancing.SlowStart;
import io.flotilla.model.cluster.OutlierDetection;
import io.flotilla.model.cluster.TransportMatch.ProxyHeader;
import io.flotilla.model.listener.TcpProxy.Tunnel;
import io.flotilla.model.route.HashPolicy;
import io.flotilla.translate.Sources;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * The DestinationRules of one host as one client namespace sees them, merged: the first rule's
 * policy, all rules' subsets.
 *
 * @param source the first rule, or empty without any
 */
public record DestinationPolicy(
    String source, Optional<TrafficPolicy> policy, Map<String, DestinationRule.Subset> subsets) {

  /** Without a DestinationRule. */
  public static final DestinationPolicy NONE =
      new DestinationPolicy("", Optional.empty(), Map.of());

  private static final long DEFAULT_RING = 1024;
  private static final long MAXIMUM_RING = 8 * 1024 * 1024;
  private static final long DEFAULT_TABLE = 65_537;
  private static final double LEAST_WARMUP_PERCENT = 10;

  /** Merges rules of the same host, the oldest first. */
  public static DestinationPolicy merge(List<Resource<DestinationRule>> rules) {
    if (rules.isEmpty()) {
      return NONE;
    }
    List<Resource<DestinationRule>> ordered = new ArrayList<>(rules);
    ordered.sort(Sources.OLDEST_FIRST);
    Optional<TrafficPolicy> policy = Optional.empty();
    Map<String, DestinationRule.Subset> subsets = new LinkedHashMap<>();
    for (Resource<DestinationRule> rule : ordered) {
      policy = policy.or(() -> rule.spec().trafficPolicy());
      rule.spec().subsets().forEach(subset -> subsets.putIfAbsent(subset.name(), subset));
    }
    return new DestinationPolicy(Sources.of(ordered.getFirst()), policy, subsets);
  }

  /**
   * The HTTP proxy by which connections to {@code subset} (or "") go. A subset has none but its
   * own, as with istiod.
   */
  public Optional<Tunnel> tunnel(String subset) {
    Optional<TrafficPolicy> told =
        subset.isEmpty()
            ? policy
            : Optional.ofNullable(subsets.get(subset))
                .flatMap(DestinationRule.Subset::trafficPolicy);
    return told.flatMap(TrafficPolicy::tunnel)
        .map(
            t ->
                new Tunnel(
                    new SocketAddress(t.targetHost(), t.targetPort()).toString(),
                    t.protocol().orElse("CONNECT").equals("POST")));
  }

  /** How the cluster of {@code port} and {@code subset} (or "") is treated. */
  public ClusterPolicy of(int port, String subset) {
    Optional<TrafficPolicy> refined =
        Optional.ofNullable(subsets.get(subset)).flatMap(DestinationRule.Subset::trafficPolicy);
    Settings settings = Settings.NONE;
    if (policy.isPresent()) {
      settings = Settings.of(policy.get(), port);
    }
    if (refined.isPresent()) {
      settings = Settings.of(refined.get(), port).over(settings);
    }
    return settings.build();
  }

  /** The four parts that a port may replace as a whole, and the header, which it may not. */
  private record Settings(
      Optional<LoadBalancerSettings> balancer,
      Optional<ConnectionPoolSettings> pool,
      Optional<io.flotilla.api.networking.OutlierDetection> outlier,
      Optional<io.flotilla.api.networking.ClientTlsSettings> tls,
      Optional<ProxyHeader> header,
      boolean ofPort) {
    static final Settings NONE =
        new Settings(
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            false);

    /** A port's own settings stand in place of the general ones, the absent parts included. */
    static Settings of(TrafficPolicy policy, int port) {
      Optional<ProxyHeader> header = policy.proxyProtocol().map(Settings::header);
      for (TrafficPolicy.PortTrafficPolicy own : policy.portLevelSettings()) {
        if (own.port().flatMap(io.flotilla.api.networking.PortSelector::number).orElse(0) == port) {
          return new Settings(
              own.loadBalancer(),
              own.connectionPool(),
              own.outlierDetection(),
              own.tls(),
              header,
              true);
        }
      }
      return new Settings(
          policy.loadBalancer(),
          policy.connectionPool(),
          policy.outlierDetection(),
          policy.tls(),
          header,
          false);
    }

    Settings over(Settings base) {
      Optional<ProxyHeader> refined = header.or(base::header);
      return ofPort
          ? new Settings(balancer, pool, outlier, tls, refined, true)
          : new Settings(
              balancer.or(base::balancer),
              pool.or(base::pool),
              outlier.or(base::outlier),
              tls.or(base::tls),
              refined,
              base.ofPort);
    }

    private static ProxyHeader header(TrafficPolicy.ProxyProtocol told) {
      return told.version().orElse(TrafficPolicy.ProxyProtocol.Version.V1)
              == TrafficPolicy.ProxyProtocol.Version.V2
          ? ProxyHeader.V2
          : ProxyHeader.V1;
    }

    ClusterPolicy build() {
      Optional<ConsistentHash> hash = balancer.flatMap(LoadBalancerSettings::consistentHash);
      Optional<ConnectionPoolSettings.Tcp> tcp = pool.flatMap(ConnectionPoolSettings::tcp);
      Optional<ConnectionPoolSettings.Http> http = pool.flatMap(ConnectionPoolSettings::http);
      return new ClusterPolicy(
          hash.map(Settings::hashed).orElseGet(this::simple),
          hash.flatMap(Settings::hashPolicy),
          new CircuitBreakers(
              limit(tcp.flatMap(ConnectionPoolSettings.Tcp::maxConnections)),
              limit(http.flatMap(ConnectionPoolSettings.Http::http1MaxPendingRequests)),
              limit(http.flatMap(ConnectionPoolSettings.Http::http2MaxRequests)),
              limit(http.flatMap(ConnectionPoolSettings.Http::maxRetries))),
          new ConnectionSettings(
              http.flatMap(ConnectionPoolSettings.Http::maxRequestsPerConnection).orElse(0),
              http.flatMap(ConnectionPoolSettings.Http::idleTimeout)
                  .or(() -> tcp.flatMap(ConnectionPoolSettings.Tcp::idleTimeout)),
              http.flatMap(ConnectionPoolSettings.Http::maxConcurrentStreams).orElse(0),
              tcp.flatMap(ConnectionPoolSettings.Tcp::tcpKeepalive).map(Settings::keepalive),
              tcp.flatMap(ConnectionPoolSettings.Tcp::maxConnectionDuration)),
          tcp.flatMap(ConnectionPoolSettings.Tcp::connectTimeout).orElse(Duration.ofSeconds(10)),
          outlier.map(Settings::outlier),
          tls.map(Settings::tls),
          http.flatMap(ConnectionPoolSettings.Http::h2UpgradePolicy).orElse(H2UpgradePolicy.DEFAULT)
              == H2UpgradePolicy.UPGRADE,
          balancer.flatMap(LoadBalancerSettings::simple).orElse(Simple.UNSPECIFIED)
              == Simple.PASSTHROUGH,
          header);
    }

    private static long limit(Optional<Integer> told) {
      return told.filter(n -> n > 0).map(Integer::longValue).orElse(Long.MAX_VALUE);
    }

    private LoadBalancing simple() {
      return switch (balancer.flatMap(LoadBalancerSettings::simple).orElse(Simple.UNSPECIFIED)) {
        case ROUND_ROBIN -> new LoadBalancing.RoundRobin(slowStart());
        case RANDOM -> LoadBalancing.RANDOM;
        case UNSPECIFIED, LEAST_CONN, LEAST_REQUEST, PASSTHROUGH ->
            new LoadBalancing.LeastRequest(2, slowStart());
      };
    }

    private Optional<SlowStart> slowStart() {
      return balancer
          .flatMap(LoadBalancerSettings::warmup)
          .map(
              w ->
                  new SlowStart(
                      w.duration(),
                      w.aggression().filter(a -> a > 0).orElse(1.0),
                      w.minimumPercent().orElse(LEAST_WARMUP_PERCENT)))
          .or(
              () ->
                  balancer
                      .flatMap(LoadBalancerSettings::warmupDurationSecs)
                      .map(t -> new SlowStart(t, 1, LEAST_WARMUP_PERCENT)));
    }

    private static LoadBalancing hashed(ConsistentHash hash) {
      if (hash.maglev().isPresent()) {
        return new LoadBalancing.Maglev(hash.maglev().get().tableSize().orElse(DEFAULT_TABLE));
      }
      long least =
          hash.ringHash()
              .flatMap(LoadBalancerSettings.RingHash::minimumRingSize)
              .or(hash::minimumRingSize)
              .orElse(DEFAULT_RING);
      return new LoadBalancing.RingHash(least, Math.max(least, MAXIMUM_RING));
    }

    private static Optional<HashPolicy> hashPolicy(ConsistentHash hash) {
      if (hash.httpHeaderName().isPresent()) {
        return Optional.of(new HashPolicy.Header(hash.httpHeaderName().get(), false));
      }
      if (hash.httpCookie().isPresent()) {
        LoadBalancerSettings.Cookie cookie = hash.httpCookie().get();
        return Optional.of(
            new HashPolicy.Cookie(cookie.name(), cookie.ttl(), cookie.path().orElse(""), false));
      }
      if (hash.httpQueryParameterName().isPresent()) {
        return Optional.of(
            new HashPolicy.QueryParameter(hash.httpQueryParameterName().get(), false));
      }
      return hash.useSourceIp().orElse(false)
          ? Optional.of(new HashPolicy.SourceAddress(false))
          : Optional.empty();
    }

    private static TcpKeepalive keepalive(ConnectionPoolSettings.Keepalive told) {
      return new TcpKeepalive(
          told.probes().orElse(0L).intValue(),
          (int) told.time().map(Duration::toSeconds).orElse(0L).longValue(),
          (int) told.interval().map(Duration::toSeconds).orElse(0L).longValue());
    }

    private static OutlierDetection outlier(io.flotilla.api.networking.OutlierDetection told) {
      return new OutlierDetection(
          errors(
              told.consecutive5xxErrors()
                  .or(() -> told.consecutiveErrors().map(Integer::longValue)),
              5),
          errors(told.consecutiveGatewayErrors(), 0),
          told.splitExternalLocalOriginErrors().orElse(false)
              ? errors(told.consecutiveLocalOriginFailures(), 5)
              : Optional.empty(),
          told.interval().orElse(Duration.ofSeconds(10)),
          told.baseEjectionTime().orElse(Duration.ofSeconds(30)),
          told.maxEjectionPercent().filter(p -> p > 0).orElse(10),
          told.minHealthPercent().orElse(0));
    }

    private static Optional<Integer> errors(Optional<Long> told, int otherwise) {
      int count = (int) Math.min(told.orElse((long) otherwise), Integer.MAX_VALUE);
      return count == 0 ? Optional.empty() : Optional.of(count);
    }

    private static TlsOrigination tls(io.flotilla.api.networking.ClientTlsSettings told) {
      return new TlsOrigination(
          switch (told.mode().orElse(io.flotilla.api.networking.ClientTlsSettings.Mode.DISABLE)) {
            case DISABLE -> TlsOrigination.Mode.DISABLE;
            case SIMPLE -> TlsOrigination.Mode.SIMPLE;
            case MUTUAL -> TlsOrigination.Mode.MUTUAL;
            case ISTIO_MUTUAL -> TlsOrigination.Mode.ISTIO_MUTUAL;
          },
          told.sni().orElse(""),
          told.subjectAltNames(),
          told.clientCertificate().orElse(""),
          told.privateKey().orElse(""),
          told.caCertificates().filter(ca -> !ca.equals("system")).orElse(""),
          told.caCrl().orElse(""),
          told.credentialName().orElse(""),
          told.insecureSkipVerify().orElse(false));
    }
  }
}
