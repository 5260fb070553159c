// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.wire;

import com.google.protobuf.ListValue;
import com.google.protobuf.NullValue;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** google.protobuf.Struct as plain maps, lists, strings, numbers and booleans, and back. */
public final class Structs {
  private static final int DEEPEST = 32;

  private Structs() {}

  /**
   * The fields; nulls are left out.
   *
   * @throws IOException if it is none, or nested too deeply
   */
  public static Map<String, Object> read(byte[] message) throws IOException {
    return map(Struct.parseFrom(message), 0);
  }

  private static Map<String, Object> map(Struct struct, int depth) throws IOException {
    Map<String, Object> out = new LinkedHashMap<>();
    for (var each : struct.getFieldsMap().entrySet()) {
      Object value = plain(each.getValue(), depth + 1);
      if (value != null) {
        out.put(each.getKey(), value);
      }
    }
    return out;
  }

  private static @Nullable Object plain(Value value, int depth) throws IOException {
    if (depth > DEEPEST) {
      throw new IOException("a Struct is nested deeper than " + DEEPEST);
    }
    return switch (value.getKindCase()) {
      case STRING_VALUE -> value.getStringValue();
      case NUMBER_VALUE -> value.getNumberValue();
      case BOOL_VALUE -> value.getBoolValue();
      case STRUCT_VALUE -> map(value.getStructValue(), depth);
      case LIST_VALUE -> {
        List<Object> list = new ArrayList<>();
        for (Value each : value.getListValue().getValuesList()) {
          Object element = plain(each, depth + 1);
          if (element != null) {
            list.add(element);
          }
        }
        yield list;
      }
      case NULL_VALUE, KIND_NOT_SET -> null;
    };
  }

  /** The reverse; keys become strings. */
  public static byte[] write(Map<?, ?> map) {
    return struct(map).toByteArray();
  }

  private static Struct struct(Map<?, ?> map) {
    Struct.Builder struct = Struct.newBuilder();
    map.forEach((key, value) -> struct.putFields(String.valueOf(key), value(value)));
    return struct.build();
  }

  private static Value value(@Nullable Object object) {
    Value.Builder value = Value.newBuilder();
    return switch (object) {
      case null -> value.setNullValue(NullValue.NULL_VALUE).build();
      case Number number -> value.setNumberValue(number.doubleValue()).build();
      case Boolean bool -> value.setBoolValue(bool).build();
      case Map<?, ?> map -> value.setStructValue(struct(map)).build();
      case Iterable<?> list -> {
        ListValue.Builder values = ListValue.newBuilder();
        list.forEach(each -> values.addValues(value(each)));
        yield value.setListValue(values).build();
      }
      default -> value.setStringValue(object.toString()).build();
    };
  }
}
