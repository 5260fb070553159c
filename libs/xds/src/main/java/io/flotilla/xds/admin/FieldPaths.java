// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.admin;

import com.google.protobuf.Any;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A field mask, "version_info,cluster.name": keeps the named fields of a message. A path goes on
 * through lists, and into an Any, as in Envoy's admin API.
 */
final class FieldPaths {
  private static final int MAX_CHARS = 4096;

  private final Map<String, FieldPaths> below = new TreeMap<>();

  private FieldPaths() {}

  /** Reads a mask; names in lower camel case are taken too. */
  static FieldPaths parse(String mask) {
    if (mask.length() > MAX_CHARS) {
      throw new IllegalArgumentException("the mask is longer than " + MAX_CHARS + " characters");
    }
    FieldPaths root = new FieldPaths();
    for (String path : mask.split(",")) {
      FieldPaths at = root;
      for (String name : path.strip().split("\\.")) {
        String field = name.replaceAll("([A-Z])", "_$1").toLowerCase(java.util.Locale.ROOT);
        at = at.below.computeIfAbsent(field, n -> new FieldPaths());
      }
    }
    return root;
  }

  /**
   * The message with only what is named.
   *
   * @throws IllegalArgumentException naming a path that the message cannot have
   */
  <T extends Message> T of(T message) {
    @SuppressWarnings("unchecked")
    T result = (T) masked(message);
    return result;
  }

  private Message masked(Message message) {
    if (below.isEmpty()) {
      return message;
    }
    if (message instanceof Any any) {
      Optional<Message> inside = WireTypes.unpack(any);
      return inside
          .<Message>map(m -> any.toBuilder().setValue(masked(m).toByteString()).build())
          .orElse(any);
    }
    Map<String, FieldDescriptor> fields = new HashMap<>();
    message.getDescriptorForType().getFields().forEach(f -> fields.put(f.getName(), f));
    Message.Builder builder = message.newBuilderForType();
    below.forEach(
        (name, paths) -> {
          FieldDescriptor field = fields.get(name);
          if (field == null) {
            throw new IllegalArgumentException(
                message.getDescriptorForType().getFullName() + " has no field '" + name + "'");
          }
          paths.copy(field, message, builder);
        });
    return builder.build();
  }

  private void copy(FieldDescriptor field, Message from, Message.Builder to) {
    boolean message = field.getJavaType() == FieldDescriptor.JavaType.MESSAGE;
    if (!message && !below.isEmpty()) {
      throw new IllegalArgumentException("the field '" + field.getName() + "' has no fields");
    }
    if (field.isRepeated()) {
      for (Object each : (List<?>) from.getField(field)) {
        to.addRepeatedField(field, message && !field.isMapField() ? masked((Message) each) : each);
      }
    } else if (!field.hasPresence() || from.hasField(field)) {
      Object value = from.getField(field);
      to.setField(field, message ? masked((Message) value) : value);
    }
  }
}
