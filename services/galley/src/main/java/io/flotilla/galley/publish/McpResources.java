// SPDX-License-Identifier: Apache-2.0
package io.flotilla.galley.publish;

import com.fasterxml.jackson.databind.JsonNode;
import com.google.protobuf.Any;
import com.google.protobuf.ListValue;
import com.google.protobuf.NullValue;
import com.google.protobuf.Struct;
import com.google.protobuf.Timestamp;
import com.google.protobuf.Value;
import io.flotilla.api.Kind;
import io.flotilla.api.Kinds;
import io.flotilla.api.ObjectKey;
import io.flotilla.api.Origin;
import io.flotilla.api.Resource;
import io.flotilla.contract.mcp.Metadata;
import io.flotilla.galley.store.Configuration;
import io.flotilla.galley.store.InForce;
import io.flotilla.xds.server.ResourceSet;
import io.flotilla.xds.server.VersionedResource;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HashMap;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * The configuration as MCP resources: type URL "group/version/Kind", name "namespace/name", body a
 * Struct of everything but the metadata. What did not change is not encoded again. For one thread.
 */
public final class McpResources {
  /** The annotation that carries "file:line". */
  public static final String ORIGIN = "flotilla.io/origin";

  private static final int VERSION_DIGITS = 16;

  private record Encoded(Resource<?> from, Origin origin, VersionedResource resource) {}

  private Map<ObjectKey, Encoded> encoded = new HashMap<>();

  /** All kinds are there, also those of which there is no object: so a client knows it has all. */
  public ResourceSet of(Configuration configuration) {
    Map<String, Map<String, VersionedResource>> types = new LinkedHashMap<>();
    for (Kind<?> kind : Kinds.all()) {
      types.put(kind.typeUrl(), new LinkedHashMap<>());
    }
    Map<ObjectKey, Encoded> fresh = new HashMap<>();
    for (Map.Entry<ObjectKey, InForce> entry : configuration.objects().entrySet()) {
      Resource<?> resource = entry.getValue().resource();
      Encoded old = encoded.get(entry.getKey());
      Encoded now =
          old != null && old.from().equals(resource) && old.origin().equals(resource.origin())
              ? old
              : new Encoded(resource, resource.origin(), encode(resource));
      fresh.put(entry.getKey(), now);
      types
          .computeIfAbsent(resource.kind().typeUrl(), type -> new LinkedHashMap<>())
          .put(now.resource().name(), now.resource());
    }
    encoded = fresh;
    return new ResourceSet(configuration.revision(), types);
  }

  private static VersionedResource encode(Resource<?> resource) {
    Struct.Builder body = Struct.newBuilder();
    resource
        .document()
        .properties()
        .forEach(
            field -> {
              if (!field.getKey().equals("metadata")) {
                body.putFields(field.getKey(), value(field.getValue()));
              }
            });
    Metadata.Builder metadata =
        Metadata.newBuilder()
            .setName(resource.metadata().fullName())
            .putAllLabels(resource.metadata().labels())
            .putAllAnnotations(resource.metadata().annotations());
    if (!resource.origin().equals(Origin.NONE)) {
      metadata.putAnnotations(ORIGIN, resource.origin().toString());
    }
    resource
        .metadata()
        .creationTimestamp()
        .ifPresent(
            time ->
                metadata.setCreateTime(
                    Timestamp.newBuilder()
                        .setSeconds(time.getEpochSecond())
                        .setNanos(time.getNano())));
    io.flotilla.contract.mcp.Resource unversioned =
        io.flotilla.contract.mcp.Resource.newBuilder()
            .setMetadata(metadata)
            .setBody(Any.pack(body.build()))
            .build();
    String version = version(unversioned.toByteArray());
    return new VersionedResource(
        resource.metadata().fullName(),
        version,
        Any.pack(unversioned.toBuilder().setMetadata(metadata.setVersion(version)).build()));
  }

  // By content, so that it means the same after a restart.
  private static String version(byte[] bytes) {
    try {
      return HexFormat.of()
          .formatHex(MessageDigest.getInstance("SHA-256").digest(bytes))
          .substring(0, VERSION_DIGITS);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }

  private static Value value(JsonNode node) {
    return switch (node.getNodeType()) {
      case OBJECT -> {
        Struct.Builder struct = Struct.newBuilder();
        node.properties()
            .forEach(field -> struct.putFields(field.getKey(), value(field.getValue())));
        yield Value.newBuilder().setStructValue(struct).build();
      }
      case ARRAY -> {
        ListValue.Builder list = ListValue.newBuilder();
        node.forEach(item -> list.addValues(value(item)));
        yield Value.newBuilder().setListValue(list).build();
      }
      case NUMBER -> Value.newBuilder().setNumberValue(node.doubleValue()).build();
      case BOOLEAN -> Value.newBuilder().setBoolValue(node.booleanValue()).build();
      case NULL, MISSING -> Value.newBuilder().setNullValue(NullValue.NULL_VALUE).build();
      case STRING, BINARY, POJO -> Value.newBuilder().setStringValue(node.asText()).build();
    };
  }
}
