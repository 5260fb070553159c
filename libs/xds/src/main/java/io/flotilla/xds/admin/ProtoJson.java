// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.admin;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.ListValue;
import com.google.protobuf.Message;
import com.google.protobuf.MessageOrBuilder;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import java.time.Instant;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Messages as JSON with the names of the .proto files, as Envoy's admin API writes them (Protocol
 * Buffers documentation, "ProtoJSON Format"). Unlike the library's printer it also writes an Any
 * whose type is not known: with its bytes, in base64, as "value".
 */
final class ProtoJson {
  private static final Set<String> WRAPPERS =
      Set.of(
          "google.protobuf.BoolValue",
          "google.protobuf.BytesValue",
          "google.protobuf.DoubleValue",
          "google.protobuf.FloatValue",
          "google.protobuf.Int32Value",
          "google.protobuf.Int64Value",
          "google.protobuf.StringValue",
          "google.protobuf.UInt32Value",
          "google.protobuf.UInt64Value");

  private final StringBuilder out = new StringBuilder(16 * 1024);
  private int depth;

  private ProtoJson() {}

  /** A message, indented by one space a level. */
  static String print(MessageOrBuilder message) {
    ProtoJson json = new ProtoJson();
    json.message(message);
    return json.out.append('\n').toString();
  }

  private void message(MessageOrBuilder message) {
    String type = message.getDescriptorForType().getFullName();
    switch (type) {
      case "google.protobuf.Any" -> any((Any) message);
      case "google.protobuf.Duration" -> out.append('"').append(duration(message)).append('"');
      case "google.protobuf.Timestamp" -> out.append('"').append(timestamp(message)).append('"');
      case "google.protobuf.Struct" -> struct((Struct) message);
      case "google.protobuf.ListValue" -> list(((ListValue) message).getValuesList());
      case "google.protobuf.Value" -> value((Value) message);
      default -> {
        if (WRAPPERS.contains(type)) {
          FieldDescriptor field = message.getDescriptorForType().findFieldByNumber(1);
          scalar(field, message.getField(field));
        } else {
          object(fields(message));
        }
      }
    }
  }

  private static Map<String, Runnable> empty() {
    return new LinkedHashMap<>();
  }

  private Map<String, Runnable> fields(MessageOrBuilder message) {
    Map<String, Runnable> members = empty();
    message
        .getAllFields()
        .forEach((field, value) -> members.put(field.getName(), () -> field(field, value)));
    return members;
  }

  private void any(Any any) {
    Map<String, Runnable> members = empty();
    members.put("@type", () -> quote(any.getTypeUrl()));
    if (!any.getTypeUrl().isEmpty()) {
      WireTypes.unpack(any)
          .ifPresentOrElse(
              known -> {
                String type = known.getDescriptorForType().getFullName();
                if (type.startsWith("google.protobuf.") && !type.endsWith(".Empty")) {
                  members.put("value", () -> message(known));
                } else {
                  members.putAll(fields(known));
                }
              },
              () -> members.put("value", () -> quote(base64(any.getValue()))));
    }
    object(any.getTypeUrl().isEmpty() ? empty() : members);
  }

  @SuppressWarnings("unchecked")
  private void field(FieldDescriptor field, Object value) {
    if (field.isMapField()) {
      FieldDescriptor key = field.getMessageType().findFieldByNumber(1);
      FieldDescriptor mapped = field.getMessageType().findFieldByNumber(2);
      Map<String, Runnable> members = empty();
      for (Message entry : (List<Message>) value) {
        members.put(
            String.valueOf(entry.getField(key)), () -> scalar(mapped, entry.getField(mapped)));
      }
      object(members);
    } else if (field.isRepeated()) {
      array((List<Object>) value, each -> scalar(field, each));
    } else {
      scalar(field, value);
    }
  }

  private void scalar(FieldDescriptor field, Object value) {
    switch (field.getType()) {
      case MESSAGE, GROUP -> message((Message) value);
      case STRING -> quote((String) value);
      case BYTES -> quote(base64((ByteString) value));
      case ENUM -> {
        EnumValueDescriptor constant = (EnumValueDescriptor) value;
        if (field.getEnumType().getFullName().equals("google.protobuf.NullValue")) {
          out.append("null");
        } else if (constant.getIndex() < 0) {
          out.append(constant.getNumber());
        } else {
          quote(constant.getName());
        }
      }
      case BOOL, INT32, SINT32, SFIXED32 -> out.append(value);
      case UINT32, FIXED32 -> out.append(Integer.toUnsignedString((Integer) value));
      case INT64, SINT64, SFIXED64 -> out.append('"').append(value).append('"');
      case UINT64, FIXED64 ->
          out.append('"').append(Long.toUnsignedString((Long) value)).append('"');
      case FLOAT, DOUBLE -> number(((Number) value).doubleValue(), value.toString());
    }
  }

  private void number(double value, String text) {
    if (Double.isNaN(value)) {
      out.append("\"NaN\"");
    } else if (Double.isInfinite(value)) {
      out.append(value > 0 ? "\"Infinity\"" : "\"-Infinity\"");
    } else if (value == Math.rint(value) && Math.abs(value) < 1e15) {
      out.append((long) value);
    } else {
      out.append(text);
    }
  }

  private void struct(Struct struct) {
    Map<String, Runnable> members = empty();
    struct.getFieldsMap().forEach((name, value) -> members.put(name, () -> value(value)));
    object(members);
  }

  private void list(List<Value> values) {
    array(values, this::value);
  }

  private void value(Value value) {
    switch (value.getKindCase()) {
      case NUMBER_VALUE -> number(value.getNumberValue(), Double.toString(value.getNumberValue()));
      case STRING_VALUE -> quote(value.getStringValue());
      case BOOL_VALUE -> out.append(value.getBoolValue());
      case STRUCT_VALUE -> struct(value.getStructValue());
      case LIST_VALUE -> list(value.getListValue().getValuesList());
      case NULL_VALUE, KIND_NOT_SET -> out.append("null");
    }
  }

  private void object(Map<String, Runnable> members) {
    if (members.isEmpty()) {
      out.append("{}");
      return;
    }
    out.append('{');
    depth++;
    boolean first = true;
    for (Map.Entry<String, Runnable> each : members.entrySet()) {
      out.append(first ? "\n" : ",\n").repeat(' ', depth);
      first = false;
      quote(each.getKey());
      out.append(": ");
      each.getValue().run();
    }
    depth--;
    out.append('\n').repeat(' ', depth).append('}');
  }

  private <T> void array(List<T> values, java.util.function.Consumer<T> each) {
    if (values.isEmpty()) {
      out.append("[]");
      return;
    }
    out.append('[');
    depth++;
    for (int i = 0; i < values.size(); i++) {
      out.append(i == 0 ? "\n" : ",\n").repeat(' ', depth);
      each.accept(values.get(i));
    }
    depth--;
    out.append('\n').repeat(' ', depth).append(']');
  }

  private static String base64(ByteString bytes) {
    return Base64.getEncoder().encodeToString(bytes.toByteArray());
  }

  private static String duration(MessageOrBuilder duration) {
    long seconds = (Long) duration.getField(duration.getDescriptorForType().findFieldByNumber(1));
    int nanos = (Integer) duration.getField(duration.getDescriptorForType().findFieldByNumber(2));
    boolean negative = seconds < 0 || nanos < 0;
    return (negative ? "-" : "") + Math.abs(seconds) + fraction(Math.abs(nanos)) + "s";
  }

  private static String timestamp(MessageOrBuilder timestamp) {
    long seconds = (Long) timestamp.getField(timestamp.getDescriptorForType().findFieldByNumber(1));
    int nanos = (Integer) timestamp.getField(timestamp.getDescriptorForType().findFieldByNumber(2));
    String whole = Instant.ofEpochSecond(seconds).toString();
    return whole.substring(0, whole.length() - 1) + fraction(nanos) + "Z";
  }

  private static String fraction(int nanos) {
    if (nanos == 0) {
      return "";
    }
    String digits = String.format("%09d", nanos);
    int length = nanos % 1_000_000 == 0 ? 3 : nanos % 1000 == 0 ? 6 : 9;
    return "." + digits.substring(0, length);
  }

  private void quote(String text) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        default -> {
          // Also what would end a script, since pages may show this text.
          if (c < ' ' || c == '<' || c == '>' || c == '\u2028' || c == '\u2029') {
            out.append(String.format("\\u%04x", (int) c));
          } else {
            out.append(c);
          }
        }
      }
    }
    out.append('"');
  }
}
