// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.codec.internal;

import com.google.protobuf.Any;
import com.google.protobuf.BoolValue;
import com.google.protobuf.Struct;
import com.google.protobuf.UInt32Value;
import com.google.protobuf.UInt64Value;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.CustomClusterType;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.DiscoveryType;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.DnsLookupFamily;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.EdsClusterConfig;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.LbPolicy;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.LeastRequestLbConfig;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.MaglevLbConfig;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.OriginalDstLbConfig;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.RingHashLbConfig;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.SlowStartConfig;
import io.envoyproxy.envoy.config.cluster.v3.Cluster.TransportSocketMatch;
import io.envoyproxy.envoy.config.cluster.v3.UpstreamConnectionOptions;
import io.envoyproxy.envoy.config.core.v3.BindConfig;
import io.envoyproxy.envoy.config.core.v3.Http1ProtocolOptions;
import io.envoyproxy.envoy.config.core.v3.Http2ProtocolOptions;
import io.envoyproxy.envoy.config.core.v3.HttpProtocolOptions;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.envoyproxy.envoy.config.core.v3.ProxyProtocolConfig;
import io.envoyproxy.envoy.config.core.v3.RuntimeDouble;
import io.envoyproxy.envoy.config.core.v3.TcpKeepalive;
import io.envoyproxy.envoy.config.core.v3.TransportSocket;
import io.envoyproxy.envoy.extensions.transport_sockets.proxy_protocol.v3.ProxyProtocolUpstreamTransport;
import io.envoyproxy.envoy.type.v3.Percent;
import io.flotilla.model.InvalidModelException;
import io.flotilla.model.cluster.Cluster;
import io.flotilla.model.cluster.ConnectionSettings;
import io.flotilla.model.cluster.Discovery;
import io.flotilla.model.cluster.EndpointRules;
import io.flotilla.model.cluster.LoadBalancing;
import io.flotilla.model.cluster.OutlierDetection;
import io.flotilla.model.cluster.OutlierRates;
import io.flotilla.model.cluster.TransportMatch;
import io.flotilla.model.cluster.TransportMatch.ProxyHeader;
import io.flotilla.xds.codec.Structs;
import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;

/** Clusters. */
public final class ClusterCodec {
  private static final String HTTP_OPTIONS =
      "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
  private static final int ENVOYS_PANIC_PERCENT = 50;
  private static final int ENVOYS_SLOW_START_PERCENT = 10;
  // Envoy wants one that is not empty; this, as istiod's, is no key of any runtime.
  private static final String NO_RUNTIME_KEY = "(";

  private ClusterCodec() {}

  /** To the wire. */
  public static io.envoyproxy.envoy.config.cluster.v3.Cluster encode(Cluster cluster) {
    var b =
        io.envoyproxy.envoy.config.cluster.v3.Cluster.newBuilder()
            .setName(cluster.name())
            // Colons split Envoy's stat names; Istio's tag extraction reads up to the semicolon.
            .setAltStatName(cluster.name() + ";")
            .setConnectTimeout(Common.duration(cluster.connectTimeout()));
    discovery(cluster, b);
    balancing(cluster.loadBalancing(), b);
    transports(cluster.transports(), b);
    http(cluster, b);
    LimitsCodec.encode(cluster.circuitBreakers(), b.getCircuitBreakersBuilder());
    cluster
        .outlierDetection()
        .ifPresent(
            o ->
                b.setOutlierDetection(outliers(o))
                    .getCommonLbConfigBuilder()
                    .setHealthyPanicThreshold(Percent.newBuilder().setValue(o.minHealthPercent())));
    EndpointRules rules = cluster.endpointRules();
    rules.healthCheck().ifPresent(h -> b.addHealthChecks(HealthCheckCodec.encode(h)));
    b.setIgnoreHealthOnHostRemoval(rules.forgetAtOnce());
    rules.subsets().ifPresent(s -> b.setLbSubsetConfig(SubsetCodec.encode(s)));
    if (rules.localityWeighted()) {
      b.getCommonLbConfigBuilder()
          .setLocalityWeightedLbConfig(
              io.envoyproxy.envoy.config.cluster.v3.Cluster.CommonLbConfig.LocalityWeightedLbConfig
                  .getDefaultInstance());
    }
    rules
        .panicPercent()
        .ifPresent(
            p ->
                b.getCommonLbConfigBuilder()
                    .setHealthyPanicThreshold(Percent.newBuilder().setValue(p)));
    cluster
        .bindSource()
        .ifPresent(
            ip ->
                b.setUpstreamBindConfig(
                    BindConfig.newBuilder()
                        .setSourceAddress(
                            io.envoyproxy.envoy.config.core.v3.SocketAddress.newBuilder()
                                .setAddress(ip)
                                .setPortValue(0))));
    cluster
        .connection()
        .tcpKeepalive()
        .ifPresent(
            k ->
                b.setUpstreamConnectionOptions(
                    UpstreamConnectionOptions.newBuilder()
                        .setTcpKeepalive(
                            TcpKeepalive.newBuilder()
                                .setKeepaliveProbes(UInt32Value.of(k.probes()))
                                .setKeepaliveTime(UInt32Value.of(k.timeSeconds()))
                                .setKeepaliveInterval(UInt32Value.of(k.intervalSeconds())))));
    metadata(cluster).ifPresent(b::setMetadata);
    return b.build();
  }

  private static void discovery(
      Cluster cluster, io.envoyproxy.envoy.config.cluster.v3.Cluster.Builder b) {
    switch (cluster.discovery()) {
      case Discovery.Eds eds ->
          b.setType(DiscoveryType.EDS)
              .setEdsClusterConfig(
                  EdsClusterConfig.newBuilder()
                      .setEdsConfig(Common.ads())
                      .setServiceName(eds.serviceName()));
      case Discovery.Static s ->
          b.setType(DiscoveryType.STATIC).setLoadAssignment(EndpointCodec.encode(s.endpoints()));
      case Discovery.StrictDns s ->
          dns(b.setType(DiscoveryType.STRICT_DNS), EndpointCodec.encode(s.endpoints()));
      case Discovery.LogicalDns s ->
          dns(b.setType(DiscoveryType.LOGICAL_DNS), EndpointCodec.encode(s.endpoints()));
      case Discovery.OriginalDestination o -> {
        b.setType(DiscoveryType.ORIGINAL_DST);
        o.portOverride()
            .ifPresent(
                p ->
                    b.setOriginalDstLbConfig(
                        OriginalDstLbConfig.newBuilder()
                            .setUpstreamPortOverride(UInt32Value.of(p))));
      }
    }
  }

  private static void dns(
      io.envoyproxy.envoy.config.cluster.v3.Cluster.Builder b,
      io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment names) {
    // Envoy's own preference is IPv6, also where nothing listens on it.
    b.setLoadAssignment(names).setDnsLookupFamily(DnsLookupFamily.V4_PREFERRED);
  }

  private static void balancing(
      LoadBalancing lb, io.envoyproxy.envoy.config.cluster.v3.Cluster.Builder b) {
    switch (lb) {
      case LoadBalancing.RoundRobin r -> {
        b.setLbPolicy(LbPolicy.ROUND_ROBIN);
        r.slowStart()
            .ifPresent(s -> b.getRoundRobinLbConfigBuilder().setSlowStartConfig(slowStart(s)));
      }
      case LoadBalancing.Random r -> b.setLbPolicy(LbPolicy.RANDOM);
      case LoadBalancing.ClusterProvided p -> b.setLbPolicy(LbPolicy.CLUSTER_PROVIDED);
      case LoadBalancing.LeastRequest l -> {
        b.setLbPolicy(LbPolicy.LEAST_REQUEST);
        if (l.choices() != 2) {
          b.setLeastRequestLbConfig(
              LeastRequestLbConfig.newBuilder().setChoiceCount(UInt32Value.of(l.choices())));
        }
        l.slowStart()
            .ifPresent(s -> b.getLeastRequestLbConfigBuilder().setSlowStartConfig(slowStart(s)));
      }
      case LoadBalancing.RingHash r ->
          b.setLbPolicy(LbPolicy.RING_HASH)
              .setRingHashLbConfig(
                  RingHashLbConfig.newBuilder()
                      .setMinimumRingSize(UInt64Value.of(r.minimumRingSize()))
                      .setMaximumRingSize(UInt64Value.of(r.maximumRingSize())));
      case LoadBalancing.Maglev m ->
          b.setLbPolicy(LbPolicy.MAGLEV)
              .setMaglevLbConfig(
                  MaglevLbConfig.newBuilder().setTableSize(UInt64Value.of(m.tableSize())));
    }
  }

  private static SlowStartConfig slowStart(LoadBalancing.SlowStart s) {
    SlowStartConfig.Builder b =
        SlowStartConfig.newBuilder()
            .setSlowStartWindow(Common.duration(s.window()))
            .setMinWeightPercent(Percent.newBuilder().setValue(s.leastPercent()));
    if (s.aggression() != 1) {
      b.setAggression(
          RuntimeDouble.newBuilder().setDefaultValue(s.aggression()).setRuntimeKey(NO_RUNTIME_KEY));
    }
    return b.build();
  }

  private static Optional<LoadBalancing.SlowStart> slowStart(boolean told, SlowStartConfig s) {
    return Common.when(
        told && s.hasSlowStartWindow(),
        () ->
            new LoadBalancing.SlowStart(
                Common.duration(s.getSlowStartWindow()),
                s.hasAggression() ? s.getAggression().getDefaultValue() : 1,
                s.hasMinWeightPercent()
                    ? s.getMinWeightPercent().getValue()
                    : ENVOYS_SLOW_START_PERCENT));
  }

  private static void transports(
      List<TransportMatch> transports, io.envoyproxy.envoy.config.cluster.v3.Cluster.Builder b) {
    if (transports.isEmpty()) {
      return;
    }
    if (transports.size() == 1 && transports.getFirst().endpointTags().isEmpty()) {
      b.setTransportSocket(socket(transports.getFirst()));
      return;
    }
    for (TransportMatch t : transports) {
      b.addTransportSocketMatches(
          TransportSocketMatch.newBuilder()
              .setName(t.name())
              .setMatch(Structs.toStruct(t.endpointTags()))
              .setTransportSocket(socket(t)));
    }
  }

  private static TransportSocket socket(TransportMatch transport) {
    TransportSocket tls = TlsCodec.upstream(transport.tls());
    TransportSocket whole = transport.proxyHeader().map(header -> behind(header, tls)).orElse(tls);
    return transport.internal() ? InternalCodec.transport(whole) : whole;
  }

  private static TransportSocket behind(ProxyHeader header, TransportSocket inner) {
    return TransportSocket.newBuilder()
        .setName("envoy.transport_sockets.upstream_proxy_protocol")
        .setTypedConfig(
            Any.pack(
                ProxyProtocolUpstreamTransport.newBuilder()
                    .setConfig(
                        ProxyProtocolConfig.newBuilder()
                            .setVersion(
                                switch (header) {
                                  case V1 -> ProxyProtocolConfig.Version.V1;
                                  case V2 -> ProxyProtocolConfig.Version.V2;
                                }))
                    .setTransportSocket(inner)
                    .build()))
        .build();
  }

  private static TransportMatch transport(
      String cluster, String name, Map<String, String> tags, TransportSocket socket) {
    if (InternalCodec.isInternal(socket)) {
      return transport(cluster, name, tags, InternalCodec.inner(socket)).inside();
    }
    if (!Common.typeName(socket.getTypedConfig()).endsWith("ProxyProtocolUpstreamTransport")) {
      return new TransportMatch(name, tags, TlsCodec.upstream(socket));
    }
    var outer = Common.unpack(socket.getTypedConfig(), ProxyProtocolUpstreamTransport.class);
    ProxyProtocolConfig config = outer.getConfig();
    if (config.hasPassThroughTlvs() || config.getAddedTlvsCount() > 0) {
      throw new InvalidModelException(
          "cluster "
              + cluster
              + " has pass_through_tlvs or added_tlvs for the PROXY protocol, which are not"
              + " supported; remove them");
    }
    ProxyHeader header =
        switch (config.getVersion()) {
          case V1 -> ProxyHeader.V1;
          case V2 -> ProxyHeader.V2;
          case UNRECOGNIZED ->
              throw new InvalidModelException(
                  "cluster "
                      + cluster
                      + " has version "
                      + config.getVersionValue()
                      + " of the PROXY protocol, where only V1 and V2 are known");
        };
    return new TransportMatch(name, tags, TlsCodec.upstream(outer.getTransportSocket()))
        .behind(header);
  }

  private static void http(
      Cluster cluster, io.envoyproxy.envoy.config.cluster.v3.Cluster.Builder b) {
    ConnectionSettings c = cluster.connection();
    boolean plain =
        cluster.http() == Cluster.HttpUpstream.HTTP1
            && c.maxRequestsPerConnection() == 0
            && c.idleTimeout().isEmpty()
            && c.maxDuration().isEmpty();
    if (plain) {
      return;
    }
    var options = io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions.newBuilder();
    Http2ProtocolOptions.Builder http2 = Http2ProtocolOptions.newBuilder();
    if (c.maxConcurrentStreams() > 0) {
      http2.setMaxConcurrentStreams(UInt32Value.of(c.maxConcurrentStreams()));
    }
    switch (cluster.http()) {
      case HTTP1 ->
          options
              .getExplicitHttpConfigBuilder()
              .setHttpProtocolOptions(Http1ProtocolOptions.getDefaultInstance());
      case HTTP2 -> options.getExplicitHttpConfigBuilder().setHttp2ProtocolOptions(http2);
      case SAME_AS_DOWNSTREAM ->
          options
              .getUseDownstreamProtocolConfigBuilder()
              .setHttpProtocolOptions(Http1ProtocolOptions.getDefaultInstance())
              .setHttp2ProtocolOptions(http2);
      case AUTO ->
          options
              .getAutoConfigBuilder()
              .setHttpProtocolOptions(Http1ProtocolOptions.getDefaultInstance())
              .setHttp2ProtocolOptions(http2);
    }
    if (c.maxRequestsPerConnection() > 0
        || c.idleTimeout().isPresent()
        || c.maxDuration().isPresent()) {
      HttpProtocolOptions.Builder common = HttpProtocolOptions.newBuilder();
      if (c.maxRequestsPerConnection() > 0) {
        common.setMaxRequestsPerConnection(UInt32Value.of(c.maxRequestsPerConnection()));
      }
      c.idleTimeout().ifPresent(t -> common.setIdleTimeout(Common.duration(t)));
      c.maxDuration().ifPresent(t -> common.setMaxConnectionDuration(Common.duration(t)));
      options.setCommonHttpProtocolOptions(common);
    }
    b.putTypedExtensionProtocolOptions(HTTP_OPTIONS, Any.pack(options.build()));
  }

  private static io.envoyproxy.envoy.config.cluster.v3.OutlierDetection outliers(
      OutlierDetection o) {
    var b =
        io.envoyproxy.envoy.config.cluster.v3.OutlierDetection.newBuilder()
            .setInterval(Common.duration(o.interval()))
            .setBaseEjectionTime(Common.duration(o.baseEjectionTime()))
            .setMaxEjectionPercent(UInt32Value.of(o.maxEjectionPercent()))
            .setEnforcingSuccessRate(UInt32Value.of(o.rates().success().enforced()))
            .setEnforcingConsecutive5Xx(
                UInt32Value.of(o.consecutive5xx().isPresent() ? o.enforced().any5xx() : 0))
            .setEnforcingConsecutiveGatewayFailure(
                UInt32Value.of(
                    o.consecutiveGatewayFailure().isPresent() ? o.enforced().gatewayFailure() : 0));
    o.consecutive5xx().ifPresent(n -> b.setConsecutive5Xx(UInt32Value.of(n)));
    o.consecutiveGatewayFailure().ifPresent(n -> b.setConsecutiveGatewayFailure(UInt32Value.of(n)));
    o.consecutiveLocalOriginFailure()
        .ifPresent(
            n ->
                b.setSplitExternalLocalOriginErrors(true)
                    .setConsecutiveLocalOriginFailure(UInt32Value.of(n))
                    .setEnforcingConsecutiveLocalOriginFailure(
                        UInt32Value.of(o.enforced().localOriginFailure()))
                    .setEnforcingLocalOriginSuccessRate(
                        UInt32Value.of(o.rates().success().localEnforced())));
    o.maxEjectionTime().ifPresent(t -> b.setMaxEjectionTime(Common.duration(t)));
    if (o.alwaysOne()) {
      b.setAlwaysEjectOneHost(BoolValue.of(true));
    }
    OutlierRates.SuccessRate success = o.rates().success();
    OutlierRates.SuccessRate usual = OutlierRates.ENVOYS.success();
    unlike(success.minimumHosts(), usual.minimumHosts(), b::setSuccessRateMinimumHosts);
    unlike(success.requestVolume(), usual.requestVolume(), b::setSuccessRateRequestVolume);
    unlike(success.stdevFactor(), usual.stdevFactor(), b::setSuccessRateStdevFactor);
    OutlierRates.FailurePercentage failure = o.rates().failure();
    OutlierRates.FailurePercentage known = OutlierRates.ENVOYS.failure();
    unlike(failure.minimumHosts(), known.minimumHosts(), b::setFailurePercentageMinimumHosts);
    unlike(failure.requestVolume(), known.requestVolume(), b::setFailurePercentageRequestVolume);
    unlike(failure.threshold(), known.threshold(), b::setFailurePercentageThreshold);
    unlike(failure.enforced(), known.enforced(), b::setEnforcingFailurePercentage);
    unlike(
        failure.localEnforced(),
        known.localEnforced(),
        b::setEnforcingFailurePercentageLocalOrigin);
    return b.build();
  }

  private static void unlike(int value, int usual, Consumer<UInt32Value> set) {
    if (value != usual) {
      set.accept(UInt32Value.of(value));
    }
  }

  private static Optional<Metadata> metadata(Cluster cluster) {
    if (cluster.services().isEmpty() && cluster.source().isEmpty()) {
      return Optional.empty();
    }
    Map<String, Object> istio = new LinkedHashMap<>();
    if (!cluster.services().isEmpty()) {
      List<Object> services = new ArrayList<>();
      for (Cluster.ServiceRef s : cluster.services()) {
        services.add(Map.of("host", s.host(), "name", s.name(), "namespace", s.namespace()));
      }
      istio.put("services", services);
    }
    String[] parts = cluster.name().split("\\|", -1);
    if (parts.length == 4 && !parts[2].isEmpty()) {
      istio.put("subset", parts[2]);
    }
    if (!cluster.source().isEmpty()) {
      istio.put("config", SourcePath.toWire(cluster.source()));
    }
    return Optional.of(
        Metadata.newBuilder().putFilterMetadata("istio", Structs.toStruct(istio)).build());
  }

  /** From the wire. */
  public static Cluster decode(io.envoyproxy.envoy.config.cluster.v3.Cluster c) {
    List<TransportMatch> transports = new ArrayList<>();
    for (TransportSocketMatch m : c.getTransportSocketMatchesList()) {
      transports.add(
          transport(c.getName(), m.getName(), tags(m.getMatch()), m.getTransportSocket()));
    }
    if (c.hasTransportSocket()) {
      transports.add(transport(c.getName(), "", Map.of(), c.getTransportSocket()));
    }
    Cluster.HttpUpstream http = Cluster.HttpUpstream.HTTP1;
    int maxRequests = 0;
    int maxStreams = 0;
    Optional<Duration> idle = Optional.empty();
    Optional<Duration> age = Optional.empty();
    Any any = c.getTypedExtensionProtocolOptionsMap().get(HTTP_OPTIONS);
    if (any != null) {
      var o =
          Common.unpack(
              any, io.envoyproxy.envoy.extensions.upstreams.http.v3.HttpProtocolOptions.class);
      http =
          switch (o.getUpstreamProtocolOptionsCase()) {
            case EXPLICIT_HTTP_CONFIG ->
                o.getExplicitHttpConfig().hasHttp2ProtocolOptions()
                    ? Cluster.HttpUpstream.HTTP2
                    : Cluster.HttpUpstream.HTTP1;
            case USE_DOWNSTREAM_PROTOCOL_CONFIG -> Cluster.HttpUpstream.SAME_AS_DOWNSTREAM;
            case AUTO_CONFIG -> Cluster.HttpUpstream.AUTO;
            default -> Cluster.HttpUpstream.HTTP1;
          };
      maxStreams =
          switch (o.getUpstreamProtocolOptionsCase()) {
            case EXPLICIT_HTTP_CONFIG ->
                o.getExplicitHttpConfig()
                    .getHttp2ProtocolOptions()
                    .getMaxConcurrentStreams()
                    .getValue();
            case USE_DOWNSTREAM_PROTOCOL_CONFIG ->
                o.getUseDownstreamProtocolConfig()
                    .getHttp2ProtocolOptions()
                    .getMaxConcurrentStreams()
                    .getValue();
            default ->
                o.getAutoConfig().getHttp2ProtocolOptions().getMaxConcurrentStreams().getValue();
          };
      maxRequests = o.getCommonHttpProtocolOptions().getMaxRequestsPerConnection().getValue();
      idle =
          Common.when(
              o.getCommonHttpProtocolOptions().hasIdleTimeout(),
              () -> Common.duration(o.getCommonHttpProtocolOptions().getIdleTimeout()));
      age =
          Common.when(
              o.getCommonHttpProtocolOptions().hasMaxConnectionDuration(),
              () -> Common.duration(o.getCommonHttpProtocolOptions().getMaxConnectionDuration()));
    }
    TcpKeepalive k = c.getUpstreamConnectionOptions().getTcpKeepalive();
    return new Cluster(
        c.getName(),
        discovery(c),
        balancing(c),
        c.hasConnectTimeout() ? Common.duration(c.getConnectTimeout()) : Duration.ofSeconds(5),
        http,
        transports,
        LimitsCodec.decode(c.getCircuitBreakers()),
        Common.when(c.hasOutlierDetection(), () -> outliers(c)),
        Optional.of(c.getUpstreamBindConfig().getSourceAddress().getAddress())
            .filter(s -> !s.isEmpty()),
        services(c.getMetadata()),
        new ConnectionSettings(
            maxRequests,
            idle,
            maxStreams,
            Common.when(
                c.getUpstreamConnectionOptions().hasTcpKeepalive(),
                () ->
                    new ConnectionSettings.TcpKeepalive(
                        k.getKeepaliveProbes().getValue(),
                        k.getKeepaliveTime().getValue(),
                        k.getKeepaliveInterval().getValue())),
            age),
        rules(c),
        SourcePath.decode(c.getMetadata()));
  }

  private static EndpointRules rules(io.envoyproxy.envoy.config.cluster.v3.Cluster c) {
    if (c.getHealthChecksCount() > 1) {
      throw new InvalidModelException(
          "cluster " + c.getName() + " has several health checks, of which there may be one");
    }
    return new EndpointRules(
        c.getHealthChecksList().stream()
            .findFirst()
            .map(h -> HealthCheckCodec.decode(c.getName(), h)),
        c.getIgnoreHealthOnHostRemoval(),
        Common.when(
            !c.hasOutlierDetection() && c.getCommonLbConfig().hasHealthyPanicThreshold(),
            () -> (int) c.getCommonLbConfig().getHealthyPanicThreshold().getValue()),
        c.getCommonLbConfig().hasLocalityWeightedLbConfig(),
        // As in Envoy, nothing where there is no selector.
        Common.when(
            c.getLbSubsetConfig().getSubsetSelectorsCount() > 0,
            () -> SubsetCodec.decode(c.getName(), c.getLbSubsetConfig())));
  }

  private static Map<String, String> tags(Struct struct) {
    Map<String, String> out = new LinkedHashMap<>();
    struct.getFieldsMap().forEach((key, value) -> out.put(key, value.getStringValue()));
    return out;
  }

  private static Discovery discovery(io.envoyproxy.envoy.config.cluster.v3.Cluster c) {
    if (c.getClusterDiscoveryTypeCase()
        == io.envoyproxy.envoy.config.cluster.v3.Cluster.ClusterDiscoveryTypeCase.CLUSTER_TYPE) {
      CustomClusterType type = c.getClusterType();
      throw new InvalidModelException(
          "cluster "
              + c.getName()
              + " is of the custom type "
              + type.getName()
              + ", which is not supported");
    }
    return switch (c.getType()) {
      case EDS -> {
        String service = c.getEdsClusterConfig().getServiceName();
        yield new Discovery.Eds(service.isEmpty() ? c.getName() : service);
      }
      case STATIC -> new Discovery.Static(EndpointCodec.decode(c.getName(), c.getLoadAssignment()));
      case STRICT_DNS ->
          new Discovery.StrictDns(EndpointCodec.decode(c.getName(), c.getLoadAssignment()));
      case LOGICAL_DNS ->
          new Discovery.LogicalDns(EndpointCodec.decode(c.getName(), c.getLoadAssignment()));
      case ORIGINAL_DST ->
          new Discovery.OriginalDestination(
              Common.when(
                  c.getOriginalDstLbConfig().hasUpstreamPortOverride(),
                  () -> c.getOriginalDstLbConfig().getUpstreamPortOverride().getValue()));
      default ->
          throw new InvalidModelException(
              "cluster "
                  + c.getName()
                  + " has the discovery type "
                  + c.getType()
                  + ", which is not supported");
    };
  }

  private static LoadBalancing balancing(io.envoyproxy.envoy.config.cluster.v3.Cluster c) {
    return switch (c.getLbPolicy()) {
      case ROUND_ROBIN ->
          new LoadBalancing.RoundRobin(
              slowStart(
                  c.getRoundRobinLbConfig().hasSlowStartConfig(),
                  c.getRoundRobinLbConfig().getSlowStartConfig()));
      case LEAST_REQUEST ->
          new LoadBalancing.LeastRequest(
              c.getLeastRequestLbConfig().hasChoiceCount()
                  ? c.getLeastRequestLbConfig().getChoiceCount().getValue()
                  : 2,
              slowStart(
                  c.getLeastRequestLbConfig().hasSlowStartConfig(),
                  c.getLeastRequestLbConfig().getSlowStartConfig()));
      case RANDOM -> LoadBalancing.RANDOM;
      case RING_HASH ->
          new LoadBalancing.RingHash(
              c.getRingHashLbConfig().hasMinimumRingSize()
                  ? c.getRingHashLbConfig().getMinimumRingSize().getValue()
                  : 1024,
              c.getRingHashLbConfig().hasMaximumRingSize()
                  ? c.getRingHashLbConfig().getMaximumRingSize().getValue()
                  : 8 * 1024 * 1024);
      case MAGLEV ->
          new LoadBalancing.Maglev(
              c.getMaglevLbConfig().hasTableSize()
                  ? c.getMaglevLbConfig().getTableSize().getValue()
                  : 65537);
      case CLUSTER_PROVIDED -> new LoadBalancing.ClusterProvided();
      default ->
          throw new InvalidModelException(
              "cluster "
                  + c.getName()
                  + " balances by "
                  + c.getLbPolicy()
                  + ", which is not supported");
    };
  }

  private static OutlierDetection outliers(io.envoyproxy.envoy.config.cluster.v3.Cluster c) {
    var o = c.getOutlierDetection();
    var balancing = c.getCommonLbConfig();
    return new OutlierDetection(
        detector(
            o.hasEnforcingConsecutive5Xx(),
            o.getEnforcingConsecutive5Xx(),
            o.hasConsecutive5Xx(),
            o.getConsecutive5Xx(),
            true),
        detector(
            o.hasEnforcingConsecutiveGatewayFailure(),
            o.getEnforcingConsecutiveGatewayFailure(),
            o.hasConsecutiveGatewayFailure(),
            o.getConsecutiveGatewayFailure(),
            false),
        Common.when(
            o.getSplitExternalLocalOriginErrors(),
            () ->
                o.hasConsecutiveLocalOriginFailure()
                    ? o.getConsecutiveLocalOriginFailure().getValue()
                    : 5),
        o.hasInterval() ? Common.duration(o.getInterval()) : Duration.ofSeconds(10),
        o.hasBaseEjectionTime() ? Common.duration(o.getBaseEjectionTime()) : Duration.ofSeconds(30),
        o.hasMaxEjectionPercent() ? Math.min(100, o.getMaxEjectionPercent().getValue()) : 10,
        balancing.hasHealthyPanicThreshold()
            ? (int) balancing.getHealthyPanicThreshold().getValue()
            : ENVOYS_PANIC_PERCENT,
        Common.when(o.hasMaxEjectionTime(), () -> Common.duration(o.getMaxEjectionTime())),
        o.getAlwaysEjectOneHost().getValue(),
        new OutlierDetection.Enforced(
            enforced(o.hasEnforcingConsecutive5Xx(), o.getEnforcingConsecutive5Xx()),
            enforced(
                o.hasEnforcingConsecutiveGatewayFailure(),
                o.getEnforcingConsecutiveGatewayFailure()),
            o.hasEnforcingConsecutiveLocalOriginFailure()
                ? o.getEnforcingConsecutiveLocalOriginFailure().getValue()
                : 100),
        rates(o));
  }

  // What is off has no threshold.
  private static int enforced(boolean told, UInt32Value percent) {
    return told && percent.getValue() != 0 ? percent.getValue() : 100;
  }

  private static OutlierRates rates(io.envoyproxy.envoy.config.cluster.v3.OutlierDetection o) {
    OutlierRates.SuccessRate success = OutlierRates.ENVOYS.success();
    OutlierRates.FailurePercentage failure = OutlierRates.ENVOYS.failure();
    return new OutlierRates(
        new OutlierRates.SuccessRate(
            told(
                o.hasSuccessRateMinimumHosts(),
                o.getSuccessRateMinimumHosts(),
                success.minimumHosts()),
            told(
                o.hasSuccessRateRequestVolume(),
                o.getSuccessRateRequestVolume(),
                success.requestVolume()),
            told(
                o.hasSuccessRateStdevFactor(),
                o.getSuccessRateStdevFactor(),
                success.stdevFactor()),
            told(o.hasEnforcingSuccessRate(), o.getEnforcingSuccessRate(), success.enforced()),
            // Without the split nothing on the way is counted by itself.
            o.getSplitExternalLocalOriginErrors()
                ? told(
                    o.hasEnforcingLocalOriginSuccessRate(),
                    o.getEnforcingLocalOriginSuccessRate(),
                    success.localEnforced())
                : 0),
        new OutlierRates.FailurePercentage(
            told(
                o.hasFailurePercentageMinimumHosts(),
                o.getFailurePercentageMinimumHosts(),
                failure.minimumHosts()),
            told(
                o.hasFailurePercentageRequestVolume(),
                o.getFailurePercentageRequestVolume(),
                failure.requestVolume()),
            told(
                o.hasFailurePercentageThreshold(),
                o.getFailurePercentageThreshold(),
                failure.threshold()),
            told(
                o.hasEnforcingFailurePercentage(),
                o.getEnforcingFailurePercentage(),
                failure.enforced()),
            told(
                o.hasEnforcingFailurePercentageLocalOrigin(),
                o.getEnforcingFailurePercentageLocalOrigin(),
                failure.localEnforced())));
  }

  private static int told(boolean told, UInt32Value value, int otherwise) {
    return told ? value.getValue() : otherwise;
  }

  private static Optional<Integer> detector(
      boolean enforcedTold,
      UInt32Value enforced,
      boolean told,
      UInt32Value value,
      boolean onByDefault) {
    boolean on = enforcedTold ? enforced.getValue() > 0 : onByDefault;
    if (!on || (told && value.getValue() == 0)) {
      return Optional.empty();
    }
    return Optional.of(told ? value.getValue() : 5);
  }

  private static List<Cluster.ServiceRef> services(Metadata metadata) {
    Struct istio = metadata.getFilterMetadataMap().get("istio");
    if (istio == null || !istio.containsFields("services")) {
      return List.of();
    }
    List<Cluster.ServiceRef> out = new ArrayList<>();
    for (Value each : istio.getFieldsOrThrow("services").getListValue().getValuesList()) {
      Map<String, Value> f = each.getStructValue().getFieldsMap();
      out.add(new Cluster.ServiceRef(text(f, "host"), text(f, "name"), text(f, "namespace")));
    }
    return out;
  }

  private static String text(Map<String, Value> fields, String key) {
    Value value = fields.get(key);
    return value == null ? "" : value.getStringValue();
  }
}
