// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.codec;

import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import io.flotilla.model.cluster.Cluster;
import io.flotilla.model.dns.NameTable;
import io.flotilla.model.endpoint.ClusterLoadAssignment;
import io.flotilla.model.listener.Listener;
import io.flotilla.model.route.RouteConfiguration;
import io.flotilla.model.tls.Secret;
import io.flotilla.xds.TypeUrl;
import io.flotilla.xds.codec.internal.ClusterCodec;
import io.flotilla.xds.codec.internal.EndpointCodec;
import io.flotilla.xds.codec.internal.ListenerCodec;
import io.flotilla.xds.codec.internal.NameTableCodec;
import io.flotilla.xds.codec.internal.RouteCodec;
import io.flotilla.xds.codec.internal.TlsCodec;

/** One resource from the wire: a valid object of the model, or a named error. */
public final class EnvoyDecoder {
  private EnvoyDecoder() {}

  /** One listener. */
  public static Listener listener(String name, Any body) throws ResourceError {
    return decode(
        TypeUrl.LISTENER,
        name,
        () ->
            ListenerCodec.decode(
                body.unpack(io.envoyproxy.envoy.config.listener.v3.Listener.class)));
  }

  /** One route configuration. */
  public static RouteConfiguration routes(String name, Any body) throws ResourceError {
    return decode(
        TypeUrl.ROUTES,
        name,
        () ->
            RouteCodec.decode(
                body.unpack(io.envoyproxy.envoy.config.route.v3.RouteConfiguration.class)));
  }

  /** One cluster. */
  public static Cluster cluster(String name, Any body) throws ResourceError {
    return decode(
        TypeUrl.CLUSTER,
        name,
        () ->
            ClusterCodec.decode(body.unpack(io.envoyproxy.envoy.config.cluster.v3.Cluster.class)));
  }

  /** One cluster's endpoints. */
  public static ClusterLoadAssignment endpoints(String name, Any body) throws ResourceError {
    return decode(
        TypeUrl.ENDPOINTS,
        name,
        () ->
            EndpointCodec.decode(
                name,
                body.unpack(io.envoyproxy.envoy.config.endpoint.v3.ClusterLoadAssignment.class)));
  }

  /** One secret. */
  public static Secret secret(String name, Any body) throws ResourceError {
    return decode(
        TypeUrl.SECRET,
        name,
        () ->
            TlsCodec.secret(
                body.unpack(io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret.class)));
  }

  /** The names that a DNS proxy answers. */
  public static NameTable names(String name, Any body) throws ResourceError {
    return decode(
        TypeUrl.NAME_TABLE,
        name.isEmpty() ? "the name table" : name,
        () -> NameTableCodec.decode(body.unpack(io.flotilla.contract.nds.NameTable.class)));
  }

  private interface Decoding<T> {
    T run() throws InvalidProtocolBufferException;
  }

  private static <T> T decode(String type, String name, Decoding<T> decoding) throws ResourceError {
    try {
      return decoding.run();
    } catch (InvalidProtocolBufferException e) {
      throw new ResourceError(type, name, name + " is not a valid message: " + e.getMessage(), e);
    } catch (IllegalArgumentException e) {
      throw new ResourceError(type, name, name + ": " + e.getMessage(), e);
    }
  }
}
