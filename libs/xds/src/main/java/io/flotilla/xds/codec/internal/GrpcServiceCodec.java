// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.codec.internal;

import io.envoyproxy.envoy.config.core.v3.HeaderValue;
import io.flotilla.model.InvalidModelException;
import io.flotilla.model.policy.GrpcService;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.Map;

/** Services that proxies ask by gRPC. */
final class GrpcServiceCodec {
  private GrpcServiceCodec() {}

  static io.envoyproxy.envoy.config.core.v3.GrpcService encode(GrpcService service) {
    var b = io.envoyproxy.envoy.config.core.v3.GrpcService.newBuilder();
    b.getEnvoyGrpcBuilder().setClusterName(service.cluster()).setAuthority(service.authority());
    b.setTimeout(Common.duration(service.timeout()));
    service
        .metadata()
        .forEach(
            (name, value) ->
                b.addInitialMetadata(HeaderValue.newBuilder().setKey(name).setValue(value)));
    return b.build();
  }

  /**
   * From the wire.
   *
   * @param timeout where none is given
   */
  static GrpcService decode(
      io.envoyproxy.envoy.config.core.v3.GrpcService service, Duration timeout) {
    if (!service.hasEnvoyGrpc()) {
      throw new InvalidModelException(
          "a gRPC service is reached by "
              + service.getTargetSpecifierCase()
              + ", which is not supported; name a cluster by envoy_grpc");
    }
    if (service.getEnvoyGrpc().hasRetryPolicy()) {
      throw new InvalidModelException(
          "the gRPC service at cluster "
              + service.getEnvoyGrpc().getClusterName()
              + " is to be asked again after failures, which is not supported");
    }
    Map<String, String> metadata = new LinkedHashMap<>();
    service
        .getInitialMetadataList()
        .forEach(header -> metadata.put(header.getKey(), header.getValue()));
    return new GrpcService(
        service.getEnvoyGrpc().getClusterName(),
        service.getEnvoyGrpc().getAuthority(),
        service.hasTimeout() ? Common.duration(service.getTimeout()) : timeout,
        metadata);
  }
}
