// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.codec;

import com.google.protobuf.Any;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.Message;
import io.flotilla.model.dns.NameTable;
import io.flotilla.model.snapshot.ProxySnapshot;
import io.flotilla.xds.TypeUrl;
import io.flotilla.xds.codec.internal.ClusterCodec;
import io.flotilla.xds.codec.internal.EndpointCodec;
import io.flotilla.xds.codec.internal.IdentityCache;
import io.flotilla.xds.codec.internal.ListenerCodec;
import io.flotilla.xds.codec.internal.NameTableCodec;
import io.flotilla.xds.codec.internal.RouteCodec;
import io.flotilla.xds.codec.internal.TlsCodec;
import io.flotilla.xds.server.ResourceSet;
import io.flotilla.xds.server.VersionedResource;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * Snapshots to the wire. An object that several proxies of the same capabilities see is encoded
 * once for all of them, as long as it lives.
 */
public final class EnvoyEncoder {
  private static final System.Logger LOG = System.getLogger(EnvoyEncoder.class.getName());
  private final ListenerCodec listeners;
  private final IdentityCache<VersionedResource> encoded = new IdentityCache<>();

  public EnvoyEncoder(Capabilities capabilities) {
    this.listeners = new ListenerCodec(capabilities);
  }

  /** All resources of a snapshot. */
  public ResourceSet encode(ProxySnapshot snapshot) {
    return encode(snapshot, Encoded.NOTHING).resources();
  }

  /**
   * All resources of a snapshot that follows another one: objects that are the same as before are
   * taken over as they were encoded. An object that cannot be encoded is left out, or stays as it
   * was before, and the log names it.
   */
  public Encoded encode(ProxySnapshot snapshot, Encoded before) {
    ProxySnapshot old = before.snapshot();
    Map<String, Map<String, VersionedResource>> types = new LinkedHashMap<>();
    new Each(before, TypeUrl.CLUSTER, types)
        .put(snapshot.clusters(), old.clusters(), ClusterCodec::encode);
    new Each(before, TypeUrl.ENDPOINTS, types)
        .put(snapshot.endpoints(), old.endpoints(), EndpointCodec::encode);
    new Each(before, TypeUrl.LISTENER, types)
        .put(snapshot.listeners(), old.listeners(), listeners::encode);
    new Each(before, TypeUrl.ROUTES, types)
        .put(snapshot.routes(), old.routes(), RouteCodec::encode);
    new Each(before, TypeUrl.SECRET, types)
        .put(snapshot.secrets(), old.secrets(), TlsCodec::secret);
    // istiod gives the table no name.
    new Each(before, TypeUrl.NAME_TABLE, types)
        .put(unnamed(snapshot), unnamed(old), NameTableCodec::encode);
    return new Encoded(snapshot, new ResourceSet(snapshot.revision(), types));
  }

  private static Map<String, NameTable> unnamed(ProxySnapshot snapshot) {
    return snapshot.names().map(names -> Map.of("", names)).orElse(Map.of());
  }

  /** A snapshot and what became of it. */
  public record Encoded(ProxySnapshot snapshot, ResourceSet resources) {
    /** Before the first one. */
    public static final Encoded NOTHING =
        new Encoded(ProxySnapshot.EMPTY, new ResourceSet(0, Map.of()));
  }

  /** The resources of one type. */
  private final class Each {
    private final Map<String, VersionedResource> known;
    private final String type;
    private final Map<String, Map<String, VersionedResource>> types;

    Each(Encoded before, String type, Map<String, Map<String, VersionedResource>> types) {
      this.known = before.resources().types().getOrDefault(type, Map.of());
      this.type = type;
      this.types = types;
    }

    <T> void put(Map<String, T> objects, Map<String, T> old, Function<T, Message> codec) {
      Map<String, VersionedResource> out = new LinkedHashMap<>();
      boolean same = objects.size() == known.size() && !known.isEmpty();
      for (Map.Entry<String, T> each : objects.entrySet()) {
        String name = each.getKey();
        VersionedResource was = known.get(name);
        VersionedResource is =
            was != null && old.get(name) == each.getValue()
                ? was
                : resource(name, each.getValue(), codec, was);
        if (is != null) {
          out.put(name, is);
        }
        same &= is == was;
      }
      // The same map tells streams that nothing of this type changed.
      types.put(type, same ? known : out);
    }

    private <T> @Nullable VersionedResource resource(
        String name, T object, Function<T, Message> codec, @Nullable VersionedResource was) {
      VersionedResource made = encoded.get(object);
      if (made != null && made.name().equals(name)) {
        return made;
      }
      try {
        made = versioned(name, codec.apply(object));
      } catch (IllegalArgumentException e) {
        LOG.log(
            System.Logger.Level.ERROR,
            "{0} {1} cannot be sent: {2}",
            type.substring(type.lastIndexOf('.') + 1),
            name,
            e.getMessage());
        return was;
      }
      encoded.put(object, made);
      return made;
    }
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
}
