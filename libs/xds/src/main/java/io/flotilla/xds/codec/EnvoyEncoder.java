// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.codec;

import com.google.protobuf.Any;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.Message;
import io.flotilla.model.cluster.Cluster;
import io.flotilla.model.endpoint.ClusterLoadAssignment;
import io.flotilla.model.listener.Listener;
import io.flotilla.model.route.RouteConfiguration;
import io.flotilla.model.snapshot.ProxySnapshot;
import io.flotilla.model.tls.Secret;
import io.flotilla.xds.TypeUrl;
import io.flotilla.xds.codec.internal.ClusterCodec;
import io.flotilla.xds.codec.internal.EndpointCodec;
import io.flotilla.xds.codec.internal.ListenerCodec;
import io.flotilla.xds.codec.internal.RouteCodec;
import io.flotilla.xds.codec.internal.TlsCodec;
import io.flotilla.xds.server.ResourceSet;
import io.flotilla.xds.server.VersionedResource;
import java.io.IOException;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.WeakHashMap;
import java.util.function.Function;

/**
 * Snapshots to the wire. An object that several proxies of the same capabilities see is encoded
 * once for all of them, as long as it lives.
 */
public final class EnvoyEncoder {
  private final ListenerCodec listeners;
  private final Map<Object, VersionedResource> encoded =
      Collections.synchronizedMap(new WeakHashMap<>());

  public EnvoyEncoder(Capabilities capabilities) {
    this.listeners = new ListenerCodec(capabilities);
  }

  /** All resources of a snapshot. */
  public ResourceSet encode(ProxySnapshot snapshot) {
    Map<String, Map<String, VersionedResource>> types = new LinkedHashMap<>();
    types.put(TypeUrl.CLUSTER, each(snapshot.clusters(), this::cluster));
    types.put(TypeUrl.ENDPOINTS, each(snapshot.endpoints(), this::endpoints));
    types.put(TypeUrl.LISTENER, each(snapshot.listeners(), this::listener));
    types.put(TypeUrl.ROUTES, each(snapshot.routes(), this::routes));
    types.put(TypeUrl.SECRET, each(snapshot.secrets(), this::secret));
    return new ResourceSet(snapshot.revision(), types);
  }

  private <T> Map<String, VersionedResource> each(
      Map<String, T> objects, Function<T, Message> codec) {
    Map<String, VersionedResource> out = new LinkedHashMap<>();
    objects.forEach((name, object) -> out.put(name, resource(name, object, codec)));
    return out;
  }

  private <T> VersionedResource resource(String name, T object, Function<T, Message> codec) {
    VersionedResource known = encoded.get(object);
    if (known != null && known.name().equals(name)) {
      return known;
    }
    VersionedResource made = versioned(name, codec.apply(object));
    encoded.put(object, made);
    return made;
  }

  /** A resource whose version is a digest of its bytes. */
  public static VersionedResource versioned(String name, Message message) {
    byte[] bytes = new byte[message.getSerializedSize()];
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    // Maps are written in key order, so that equal messages have equal versions.
    out.useDeterministicSerialization();
    try {
      message.writeTo(out);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    long hash = 0xcbf29ce484222325L;
    for (byte b : bytes) {
      hash = (hash ^ (b & 0xff)) * 0x100000001b3L;
    }
    return new VersionedResource(
        name,
        Long.toHexString(hash) + "." + bytes.length,
        Any.newBuilder()
            .setTypeUrl("type.googleapis.com/" + message.getDescriptorForType().getFullName())
            .setValue(com.google.protobuf.ByteString.copyFrom(bytes))
            .build());
  }

  private Message cluster(Cluster cluster) {
    return ClusterCodec.encode(cluster);
  }

  private Message endpoints(ClusterLoadAssignment endpoints) {
    return EndpointCodec.encode(endpoints);
  }

  private Message listener(Listener listener) {
    return listeners.encode(listener);
  }

  private Message routes(RouteConfiguration routes) {
    return RouteCodec.encode(routes);
  }

  private Message secret(Secret secret) {
    return TlsCodec.secret(secret);
  }
}
