// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.codec.internal;

import com.google.protobuf.Any;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.config.core.v3.DataSource;
import io.envoyproxy.envoy.config.core.v3.EnvoyInternalAddress;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.envoyproxy.envoy.config.core.v3.SubstitutionFormatString;
import io.envoyproxy.envoy.config.core.v3.TransportSocket;
import io.envoyproxy.envoy.extensions.filters.common.set_filter_state.v3.FilterStateValue;
import io.envoyproxy.envoy.extensions.filters.http.set_filter_state.v3.Config;
import io.envoyproxy.envoy.extensions.transport_sockets.internal_upstream.v3.InternalUpstreamTransport;
import io.envoyproxy.envoy.type.metadata.v3.MetadataKind;
import io.flotilla.model.InvalidModelException;
import io.flotilla.model.address.InternalAddress;
import io.flotilla.model.address.SocketAddress;
import java.util.Map;
import java.util.Optional;

/**
 * Listeners within the process, and what connections to them are told (Envoy documentation,
 * "Internal listeners"; Istio uses them for HBONE).
 */
final class InternalCodec {
  private static final String ORIGINAL_DST = "envoy.filters.listener.original_dst";
  private static final String LOCAL = "local";
  private static final String LOCAL_IP = ORIGINAL_DST + ".local_ip";
  private static final String AUTHORITY = "%REQ(:AUTHORITY)%";
  // What Istio's authorization sees of the tunnel is text.
  private static final Map<String, String> TEXTS =
      Map.of(
          "io.istio.peer_principal", "%DOWNSTREAM_PEER_URI_SAN%",
          "io.istio.local_principal", "%DOWNSTREAM_LOCAL_URI_SAN%");

  private InternalCodec() {}

  static io.envoyproxy.envoy.config.core.v3.Address address(InternalAddress a) {
    return io.envoyproxy.envoy.config.core.v3.Address.newBuilder()
        .setEnvoyInternalAddress(
            EnvoyInternalAddress.newBuilder()
                .setServerListenerName(a.listener())
                .setEndpointId(a.endpoint()))
        .build();
  }

  static InternalAddress address(EnvoyInternalAddress a) {
    return new InternalAddress(a.getServerListenerName(), a.getEndpointId(), Optional.empty());
  }

  /** Where connections to the endpoint mean to go, as its metadata says it. */
  static void destination(InternalAddress address, Metadata.Builder metadata) {
    address
        .destination()
        .ifPresent(
            d ->
                metadata.putFilterMetadata(
                    ORIGINAL_DST,
                    Struct.newBuilder()
                        .putFields(LOCAL, Value.newBuilder().setStringValue(d.toString()).build())
                        .build()));
  }

  static InternalAddress withDestination(InternalAddress address, Metadata metadata) {
    Struct told = metadata.getFilterMetadataMap().get(ORIGINAL_DST);
    String text =
        told == null ? "" : told.getFieldsMap().getOrDefault(LOCAL, NONE).getStringValue();
    if (text.isEmpty()) {
      return address;
    }
    int colon = text.lastIndexOf(':');
    String host = colon <= 0 ? "" : text.substring(0, colon);
    try {
      return new InternalAddress(
          address.listener(),
          address.endpoint(),
          Optional.of(
              new SocketAddress(
                  host.startsWith("[") && host.endsWith("]")
                      ? host.substring(1, host.length() - 1)
                      : host,
                  Integer.parseInt(text.substring(colon + 1)))));
    } catch (NumberFormatException e) {
      throw new InvalidModelException(
          "endpoint " + address + " has the destination '" + text + "', which is no address:port");
    }
  }

  private static final Value NONE = Value.getDefaultInstance();

  static TransportSocket transport(TransportSocket inner) {
    return TransportSocket.newBuilder()
        .setName("envoy.transport_sockets.internal_upstream")
        .setTypedConfig(
            Any.pack(
                InternalUpstreamTransport.newBuilder()
                    .addPassthroughMetadata(
                        InternalUpstreamTransport.MetadataValueSource.newBuilder()
                            .setKind(
                                MetadataKind.newBuilder()
                                    .setHost(MetadataKind.Host.getDefaultInstance()))
                            .setName(ORIGINAL_DST))
                    .setTransportSocket(inner)
                    .build()))
        .build();
  }

  static boolean isInternal(TransportSocket socket) {
    return Common.typeName(socket.getTypedConfig()).endsWith("InternalUpstreamTransport");
  }

  static TransportSocket inner(TransportSocket socket) {
    return Common.unpack(socket.getTypedConfig(), InternalUpstreamTransport.class)
        .getTransportSocket();
  }

  static Any connectAuthority() {
    Config.Builder b = Config.newBuilder();
    b.addOnRequestHeaders(value(LOCAL_IP, AUTHORITY, ""));
    b.addOnRequestHeaders(value(ORIGINAL_DST + ".remote_ip", "%DOWNSTREAM_REMOTE_ADDRESS%", ""));
    TEXTS.entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(e -> b.addOnRequestHeaders(value(e.getKey(), e.getValue(), "envoy.string")));
    return Any.pack(b.build());
  }

  private static FilterStateValue value(String key, String format, String factory) {
    return FilterStateValue.newBuilder()
        .setObjectKey(key)
        .setFactoryKey(factory)
        .setFormatString(
            SubstitutionFormatString.newBuilder()
                .setTextFormatSource(DataSource.newBuilder().setInlineString(format)))
        .setSharedWithUpstream(FilterStateValue.SharedWithUpstream.ONCE)
        .build();
  }

  /** Refuses what is more than Istio's use of the filter. */
  static void checkConnectAuthority(Any config) {
    boolean authority = false;
    for (FilterStateValue v : Common.unpack(config, Config.class).getOnRequestHeadersList()) {
      String format = v.getFormatString().getTextFormatSource().getInlineString();
      if (v.getObjectKey().equals(LOCAL_IP) && format.equals(AUTHORITY)) {
        authority = true;
      } else if (!v.getObjectKey().startsWith("io.istio.")
          && !v.getObjectKey().equals(ORIGINAL_DST + ".remote_ip")) {
        throw new InvalidModelException(
            "the filter set_filter_state sets "
                + v.getObjectKey()
                + ", which is not supported; only what Istio's connect_authority sets is");
      }
    }
    if (!authority) {
      throw new InvalidModelException(
          "the filter set_filter_state must set " + LOCAL_IP + " to " + AUTHORITY);
    }
  }
}
