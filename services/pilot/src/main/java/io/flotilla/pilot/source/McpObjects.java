// SPDX-License-Identifier: Apache-2.0
package io.flotilla.pilot.source;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.protobuf.Any;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.flotilla.api.InvalidResourceException;
import io.flotilla.api.Kind;
import io.flotilla.api.Origin;
import io.flotilla.api.Resource;
import io.flotilla.api.ResourceReader;
import io.flotilla.contract.mcp.Metadata;
import java.time.Instant;

/** MCP resources as objects of the configuration. */
final class McpObjects {
  private static final String ORIGIN = "flotilla.io/origin";
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final double LARGEST_EXACT = 9e15;

  private McpObjects() {}

  /**
   * Reads one resource.
   *
   * @throws InvalidResourceException if it is not a valid object of the kind
   */
  static Resource<?> read(Kind<?> kind, Any body) throws InvalidResourceException {
    try {
      io.flotilla.contract.mcp.Resource resource =
          body.unpack(io.flotilla.contract.mcp.Resource.class);
      ObjectNode document = JSON.objectNode();
      document.put("apiVersion", kind.apiVersion());
      document.put("kind", kind.kind());
      resource
          .getBody()
          .unpack(Struct.class)
          .getFieldsMap()
          .forEach((name, value) -> document.set(name, json(value)));
      Metadata metadata = resource.getMetadata();
      document.set("metadata", metadata(metadata));
      return ResourceReader.read(
          document, Origin.parse(metadata.getAnnotationsOrDefault(ORIGIN, "")));
    } catch (InvalidProtocolBufferException e) {
      throw new InvalidResourceException(
          kind.kind(),
          java.util.List.of(
              new io.flotilla.api.Problem("", 0, "is not an MCP resource: " + e.getMessage())));
    }
  }

  private static ObjectNode metadata(Metadata metadata) {
    ObjectNode out = JSON.objectNode();
    String name = metadata.getName();
    int slash = name.indexOf('/');
    out.put("name", name.substring(slash + 1));
    if (slash > 0) {
      out.put("namespace", name.substring(0, slash));
    }
    ObjectNode labels = out.putObject("labels");
    metadata.getLabelsMap().forEach(labels::put);
    ObjectNode annotations = out.putObject("annotations");
    metadata
        .getAnnotationsMap()
        .forEach(
            (key, value) -> {
              if (!key.equals(ORIGIN)) {
                annotations.put(key, value);
              }
            });
    if (metadata.hasCreateTime()) {
      out.put(
          "creationTimestamp",
          Instant.ofEpochSecond(
                  metadata.getCreateTime().getSeconds(), metadata.getCreateTime().getNanos())
              .toString());
    }
    return out;
  }

  private static JsonNode json(Value value) {
    return switch (value.getKindCase()) {
      case STRUCT_VALUE -> {
        ObjectNode out = JSON.objectNode();
        value.getStructValue().getFieldsMap().forEach((name, v) -> out.set(name, json(v)));
        yield out;
      }
      case LIST_VALUE -> {
        ArrayNode out = JSON.arrayNode();
        value.getListValue().getValuesList().forEach(v -> out.add(json(v)));
        yield out;
      }
      case STRING_VALUE -> JSON.textNode(value.getStringValue());
      case BOOL_VALUE -> JSON.booleanNode(value.getBoolValue());
      case NUMBER_VALUE -> {
        double number = value.getNumberValue();
        boolean whole = number == Math.rint(number) && Math.abs(number) < LARGEST_EXACT;
        yield whole ? JSON.numberNode((long) number) : JSON.numberNode(number);
      }
      case NULL_VALUE, KIND_NOT_SET -> JSON.nullNode();
    };
  }
}
