// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.admin;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import udpa.annotations.Sensitive;

/**
 * Takes the values out of fields that Envoy's API marks as sensitive (udpa.annotations.sensitive),
 * also inside an Any: texts and bytes say so, numbers go, and so does all of an Any whose type is
 * not known.
 */
final class Redaction {
  private static final String REDACTED = "[redacted]";
  private static final ByteString REDACTED_BYTES = ByteString.copyFromUtf8(REDACTED);

  private Redaction() {}

  /** The message without what is sensitive in it. */
  static <T extends Message> T of(T message) {
    @SuppressWarnings("unchecked")
    T result = (T) redacted(message, false);
    return result;
  }

  private static Message redacted(Message message, boolean sensitive) {
    if (message instanceof Any any) {
      Optional<Message> inside = WireTypes.unpack(any);
      return inside
          .<Message>map(
              m -> any.toBuilder().setValue(redacted(m, sensitive).toByteString()).build())
          // What cannot be looked into may hold anything: only its type is shown.
          .orElseGet(() -> any.toBuilder().clearValue().build());
    }
    Message.Builder builder = message.toBuilder();
    for (Map.Entry<FieldDescriptor, Object> each : message.getAllFields().entrySet()) {
      FieldDescriptor field = each.getKey();
      boolean hidden = sensitive || field.getOptions().getExtension(Sensitive.sensitive);
      if (field.getJavaType() == FieldDescriptor.JavaType.MESSAGE) {
        if (field.isRepeated()) {
          List<?> values = (List<?>) each.getValue();
          for (int i = 0; i < values.size(); i++) {
            builder.setRepeatedField(field, i, redacted((Message) values.get(i), hidden));
          }
        } else {
          builder.setField(field, redacted((Message) each.getValue(), hidden));
        }
      } else if (hidden) {
        hide(builder, field, each.getValue());
      }
    }
    return builder.build();
  }

  private static void hide(Message.Builder builder, FieldDescriptor field, Object value) {
    Object said =
        switch (field.getJavaType()) {
          case STRING -> REDACTED;
          case BYTE_STRING -> REDACTED_BYTES;
          default -> null;
        };
    if (said == null) {
      builder.clearField(field);
    } else if (field.isRepeated()) {
      for (int i = 0; i < ((List<?>) value).size(); i++) {
        builder.setRepeatedField(field, i, said);
      }
    } else {
      builder.setField(field, said);
    }
  }
}
