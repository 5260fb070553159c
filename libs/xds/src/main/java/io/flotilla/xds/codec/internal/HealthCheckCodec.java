// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.codec.internal;

import com.google.protobuf.ByteString;
import com.google.protobuf.UInt32Value;
import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.envoyproxy.envoy.config.core.v3.HeaderValueOption;
import io.envoyproxy.envoy.config.core.v3.HealthCheck.GrpcHealthCheck;
import io.envoyproxy.envoy.config.core.v3.HealthCheck.HttpHealthCheck;
import io.envoyproxy.envoy.config.core.v3.HealthCheck.Payload;
import io.envoyproxy.envoy.config.core.v3.HealthCheck.TcpHealthCheck;
import io.envoyproxy.envoy.config.core.v3.RequestMethod;
import io.envoyproxy.envoy.type.v3.CodecClientType;
import io.envoyproxy.envoy.type.v3.Int64Range;
import io.flotilla.model.InvalidModelException;
import io.flotilla.model.cluster.HealthCheck;
import java.time.Duration;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;

/** Active health checks. */
final class HealthCheckCodec {
  private static final Duration NO_TRAFFIC = Duration.ofSeconds(60);

  private HealthCheckCodec() {}

  static io.envoyproxy.envoy.config.core.v3.HealthCheck encode(HealthCheck check) {
    HealthCheck.Timing t = check.timing();
    var b =
        io.envoyproxy.envoy.config.core.v3.HealthCheck.newBuilder()
            .setTimeout(Common.duration(t.timeout()))
            .setInterval(Common.duration(t.interval()))
            .setNoTrafficInterval(Common.duration(t.noTrafficInterval()))
            .setUnhealthyInterval(Common.duration(t.unhealthyInterval()))
            .setUnhealthyEdgeInterval(Common.duration(t.unhealthyEdgeInterval()))
            .setHealthyEdgeInterval(Common.duration(t.healthyEdgeInterval()))
            .setUnhealthyThreshold(UInt32Value.of(check.unhealthyThreshold()))
            .setHealthyThreshold(UInt32Value.of(check.healthyThreshold()))
            .setReuseConnection(Common.bool(check.reuseConnection()));
    if (!t.initialJitter().isZero()) {
      b.setInitialJitter(Common.duration(t.initialJitter()));
    }
    if (!t.jitter().isZero()) {
      b.setIntervalJitter(Common.duration(t.jitter()));
    }
    if (t.jitterPercent() > 0) {
      b.setIntervalJitterPercent(t.jitterPercent());
    }
    switch (check.kind()) {
      case HealthCheck.Http http -> b.setHttpHealthCheck(http(http));
      case HealthCheck.Grpc grpc ->
          b.setGrpcHealthCheck(
              GrpcHealthCheck.newBuilder()
                  .setServiceName(grpc.service())
                  .setAuthority(grpc.authority()));
      case HealthCheck.Tcp tcp -> {
        TcpHealthCheck.Builder to = TcpHealthCheck.newBuilder();
        tcp.send().ifPresent(s -> to.setSend(Payload.newBuilder().setText(s)));
        tcp.receive().forEach(r -> to.addReceive(Payload.newBuilder().setText(r)));
        b.setTcpHealthCheck(to);
      }
    }
    return b.build();
  }

  private static HttpHealthCheck http(HealthCheck.Http http) {
    HttpHealthCheck.Builder b =
        HttpHealthCheck.newBuilder()
            .setHost(http.host())
            .setPath(http.path())
            .setMethod(RequestMethod.valueOf(http.method()))
            .setCodecClientType(http.http2() ? CodecClientType.HTTP2 : CodecClientType.HTTP1);
    http.headers()
        .forEach(
            (name, value) ->
                b.addRequestHeadersToAdd(
                    HeaderValueOption.newBuilder()
                        .setAppendAction(
                            HeaderValueOption.HeaderAppendAction.OVERWRITE_IF_EXISTS_OR_ADD)
                        .setHeader(HeaderValue.newBuilder().setKey(name).setValue(value))));
    http.expected().forEach(s -> b.addExpectedStatuses(range(s)));
    http.tolerated().forEach(s -> b.addRetriableStatuses(range(s)));
    return b.build();
  }

  private static Int64Range range(HealthCheck.Statuses s) {
    return Int64Range.newBuilder().setStart(s.start()).setEnd(s.end()).build();
  }

  static HealthCheck decode(String cluster, io.envoyproxy.envoy.config.core.v3.HealthCheck check) {
    Duration interval = Common.duration(check.getInterval());
    Duration unhealthy =
        check.hasUnhealthyInterval() ? Common.duration(check.getUnhealthyInterval()) : interval;
    return new HealthCheck(
        kind(cluster, check),
        new HealthCheck.Timing(
            Common.duration(check.getTimeout()),
            interval,
            check.hasNoTrafficInterval()
                ? Common.duration(check.getNoTrafficInterval())
                : NO_TRAFFIC,
            unhealthy,
            check.hasUnhealthyEdgeInterval()
                ? Common.duration(check.getUnhealthyEdgeInterval())
                : unhealthy,
            check.hasHealthyEdgeInterval()
                ? Common.duration(check.getHealthyEdgeInterval())
                : interval,
            Common.duration(check.getInitialJitter()),
            Common.duration(check.getIntervalJitter()),
            check.getIntervalJitterPercent()),
        Math.max(1, check.getUnhealthyThreshold().getValue()),
        Math.max(1, check.getHealthyThreshold().getValue()),
        !check.hasReuseConnection() || check.getReuseConnection().getValue());
  }

  private static HealthCheck.Kind kind(
      String cluster, io.envoyproxy.envoy.config.core.v3.HealthCheck check) {
    return switch (check.getHealthCheckerCase()) {
      case HTTP_HEALTH_CHECK -> http(check.getHttpHealthCheck());
      case GRPC_HEALTH_CHECK ->
          new HealthCheck.Grpc(
              check.getGrpcHealthCheck().getServiceName(),
              check.getGrpcHealthCheck().getAuthority());
      case TCP_HEALTH_CHECK ->
          new HealthCheck.Tcp(
              Optional.of(check.getTcpHealthCheck().getSend())
                  .map(HealthCheckCodec::digits)
                  .filter(s -> !s.isEmpty()),
              check.getTcpHealthCheck().getReceiveList().stream()
                  .map(HealthCheckCodec::digits)
                  .toList());
      default ->
          throw new InvalidModelException(
              "cluster "
                  + cluster
                  + " has a health check of the kind "
                  + check.getHealthCheckerCase().name().toLowerCase(Locale.ROOT)
                  + ", which is not supported: use http, grpc or tcp");
    };
  }

  private static String digits(Payload payload) {
    return payload.getPayloadCase() == Payload.PayloadCase.BINARY
        ? hex(payload.getBinary())
        : payload.getText().toLowerCase(Locale.ROOT);
  }

  private static String hex(ByteString bytes) {
    return HexFormat.of().formatHex(bytes.toByteArray());
  }

  private static HealthCheck.Http http(HttpHealthCheck http) {
    Map<String, String> headers = new LinkedHashMap<>();
    http.getRequestHeadersToAddList()
        .forEach(h -> headers.put(h.getHeader().getKey(), h.getHeader().getValue()));
    return new HealthCheck.Http(
        http.getHost(),
        http.getPath(),
        http.getMethod() == RequestMethod.METHOD_UNSPECIFIED ? "GET" : http.getMethod().name(),
        headers,
        ranges(http.getExpectedStatusesList()),
        ranges(http.getRetriableStatusesList()),
        http.getCodecClientType() == CodecClientType.HTTP2);
  }

  private static List<HealthCheck.Statuses> ranges(List<Int64Range> ranges) {
    return ranges.stream()
        .map(r -> new HealthCheck.Statuses((int) r.getStart(), (int) r.getEnd()))
        .toList();
  }
}
