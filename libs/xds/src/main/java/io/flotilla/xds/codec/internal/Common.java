// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.codec.internal;

import com.google.protobuf.Any;
import com.google.protobuf.BoolValue;
import com.google.protobuf.Duration;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.Struct;
import com.google.protobuf.UInt32Value;
import io.envoyproxy.envoy.config.core.v3.AggregatedConfigSource;
import io.envoyproxy.envoy.config.core.v3.ApiConfigSource;
import io.envoyproxy.envoy.config.core.v3.ApiVersion;
import io.envoyproxy.envoy.config.core.v3.ConfigSource;
import io.envoyproxy.envoy.config.core.v3.GrpcService;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.envoyproxy.envoy.config.core.v3.Pipe;
import io.envoyproxy.envoy.type.v3.FractionalPercent;
import io.flotilla.model.InvalidModelException;
import io.flotilla.model.address.Address;
import io.flotilla.model.address.CidrRange;
import io.flotilla.model.address.InternalAddress;
import io.flotilla.model.address.PipeAddress;
import io.flotilla.model.address.SocketAddress;
import io.flotilla.model.match.Percentage;
import io.flotilla.xds.codec.Structs;
import java.util.Map;
import java.util.Optional;

/** Small messages that many others hold. */
public final class Common {
  /** The metadata that balancing goes by. */
  static final String BALANCING = "envoy.lb";

  private Common() {}

  static java.time.Duration duration(Duration d) {
    return java.time.Duration.ofSeconds(d.getSeconds(), d.getNanos());
  }

  static Duration duration(java.time.Duration d) {
    return Duration.newBuilder().setSeconds(d.getSeconds()).setNanos(d.getNano()).build();
  }

  /** What balancing goes by. */
  static Map<String, Object> balancing(Metadata metadata) {
    Struct struct = metadata.getFilterMetadataMap().get(BALANCING);
    return struct == null ? Map.of() : Structs.toMap(struct);
  }

  static Metadata balancing(Map<String, Object> metadata) {
    return Metadata.newBuilder().putFilterMetadata(BALANCING, Structs.toStruct(metadata)).build();
  }

  static UInt32Value uint32(long value) {
    return UInt32Value.of((int) Math.min(value, 0xFFFF_FFFFL));
  }

  static BoolValue bool(boolean value) {
    return BoolValue.of(value);
  }

  static io.envoyproxy.envoy.config.core.v3.Address address(Address address) {
    var builder = io.envoyproxy.envoy.config.core.v3.Address.newBuilder();
    return switch (address) {
      case SocketAddress s ->
          builder
              .setSocketAddress(
                  io.envoyproxy.envoy.config.core.v3.SocketAddress.newBuilder()
                      .setAddress(s.host())
                      .setPortValue(s.port()))
              .build();
      case PipeAddress p -> builder.setPipe(Pipe.newBuilder().setPath(p.path())).build();
      case InternalAddress i -> InternalCodec.address(i);
    };
  }

  static Address address(io.envoyproxy.envoy.config.core.v3.Address address) {
    return switch (address.getAddressCase()) {
      case SOCKET_ADDRESS -> socket(address);
      case PIPE -> new PipeAddress(address.getPipe().getPath());
      case ENVOY_INTERNAL_ADDRESS -> InternalCodec.address(address.getEnvoyInternalAddress());
      default ->
          throw new InvalidModelException(
              "an address of kind "
                  + address.getAddressCase()
                  + " is not supported; use a socket address or a pipe");
    };
  }

  static SocketAddress socket(io.envoyproxy.envoy.config.core.v3.Address address) {
    var s = address.getSocketAddress();
    return new SocketAddress(s.getAddress(), s.getPortValue());
  }

  static io.envoyproxy.envoy.config.core.v3.CidrRange cidr(CidrRange range) {
    return io.envoyproxy.envoy.config.core.v3.CidrRange.newBuilder()
        .setAddressPrefix(range.prefix())
        .setPrefixLen(UInt32Value.of(range.length()))
        .build();
  }

  static CidrRange cidr(io.envoyproxy.envoy.config.core.v3.CidrRange range) {
    return new CidrRange(range.getAddressPrefix(), range.getPrefixLen().getValue());
  }

  static FractionalPercent percent(Percentage p) {
    return FractionalPercent.newBuilder()
        .setNumerator(p.partsPerMillion())
        .setDenominator(FractionalPercent.DenominatorType.MILLION)
        .build();
  }

  static Percentage percent(FractionalPercent p) {
    int scale =
        switch (p.getDenominator()) {
          case HUNDRED -> 10_000;
          case TEN_THOUSAND -> 100;
          case MILLION -> 1;
          default -> throw new InvalidModelException("an unknown denominator of a percentage");
        };
    return new Percentage(Math.min(1_000_000, p.getNumerator() * scale));
  }

  /** From Envoy's type.v3.Percent, 0 to 100. */
  static Percentage percent(io.envoyproxy.envoy.type.v3.Percent p) {
    return Percentage.ofPercent(p.getValue());
  }

  static io.envoyproxy.envoy.type.v3.Percent whole(Percentage p) {
    return io.envoyproxy.envoy.type.v3.Percent.newBuilder()
        .setValue(p.partsPerMillion() / 10_000.0)
        .build();
  }

  static ConfigSource ads() {
    return ConfigSource.newBuilder()
        .setAds(AggregatedConfigSource.getDefaultInstance())
        .setInitialFetchTimeout(Duration.getDefaultInstance())
        .setResourceApiVersion(ApiVersion.V3)
        .build();
  }

  /**
   * As {@link #ads}, but with Envoy's fifteen seconds of patience: one missing credential must not
   * keep a whole listener from serving.
   */
  static ConfigSource adsForSecrets() {
    return ads().toBuilder().clearInitialFetchTimeout().build();
  }

  /** The agent's own SDS server, by the cluster name that Istio's bootstrap gives it. */
  static ConfigSource sdsAgent() {
    return ConfigSource.newBuilder()
        .setApiConfigSource(
            ApiConfigSource.newBuilder()
                .setApiType(ApiConfigSource.ApiType.GRPC)
                .setTransportApiVersion(ApiVersion.V3)
                .setSetNodeOnFirstMessageOnly(true)
                .addGrpcServices(
                    GrpcService.newBuilder()
                        .setEnvoyGrpc(
                            GrpcService.EnvoyGrpc.newBuilder().setClusterName("sds-grpc"))))
        .setInitialFetchTimeout(Duration.getDefaultInstance())
        .setResourceApiVersion(ApiVersion.V3)
        .build();
  }

  static <M extends Message> M unpack(Any any, Class<M> type) {
    try {
      return any.unpack(type);
    } catch (InvalidProtocolBufferException e) {
      throw new InvalidModelException(
          any.getTypeUrl() + " cannot be read as " + type.getSimpleName() + ": " + e.getMessage());
    }
  }

  /** Without the "type.googleapis.com/" before it. */
  static String typeName(Any any) {
    return any.getTypeUrl().substring(any.getTypeUrl().lastIndexOf('/') + 1);
  }

  static <T> Optional<T> when(boolean present, java.util.function.Supplier<T> value) {
    return present ? Optional.of(value.get()) : Optional.empty();
  }
}
