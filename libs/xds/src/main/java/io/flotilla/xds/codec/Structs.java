// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.codec;

import com.google.protobuf.ListValue;
import com.google.protobuf.NullValue;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** google.protobuf.Struct as plain maps, lists, strings, doubles and booleans, and back. */
public final class Structs {
  private static final int MAX_DEPTH = 32;

  private Structs() {}

  /** The struct's fields; nulls are left out. */
  public static Map<String, Object> toMap(Struct struct) {
    return toMap(struct, 0);
  }

  private static Map<String, Object> toMap(Struct struct, int depth) {
    Map<String, Object> out = new LinkedHashMap<>();
    struct
        .getFieldsMap()
        .forEach(
            (key, value) -> {
              Object plain = toObject(value, depth + 1);
              if (plain != null) {
                out.put(key, plain);
              }
            });
    return out;
  }

  private static @Nullable Object toObject(Value value, int depth) {
    if (depth > MAX_DEPTH) {
      throw new IllegalArgumentException("a Struct is nested deeper than " + MAX_DEPTH);
    }
    return switch (value.getKindCase()) {
      case STRING_VALUE -> value.getStringValue();
      case NUMBER_VALUE -> value.getNumberValue();
      case BOOL_VALUE -> value.getBoolValue();
      case STRUCT_VALUE -> toMap(value.getStructValue(), depth);
      case LIST_VALUE -> {
        List<Object> list = new ArrayList<>();
        for (Value each : value.getListValue().getValuesList()) {
          Object plain = toObject(each, depth + 1);
          if (plain != null) {
            list.add(plain);
          }
        }
        yield list;
      }
      case NULL_VALUE, KIND_NOT_SET -> null;
    };
  }

  /** The reverse of {@link #toMap}; keys become strings. */
  public static Struct toStruct(Map<?, ?> map) {
    Struct.Builder struct = Struct.newBuilder();
    map.forEach((key, value) -> struct.putFields(String.valueOf(key), toValue(value)));
    return struct.build();
  }

  private static Value toValue(@Nullable Object object) {
    Value.Builder value = Value.newBuilder();
    return switch (object) {
      case null -> value.setNullValue(NullValue.NULL_VALUE).build();
      case Number number -> value.setNumberValue(number.doubleValue()).build();
      case Boolean bool -> value.setBoolValue(bool).build();
      case Map<?, ?> map -> value.setStructValue(toStruct(map)).build();
      case Iterable<?> list -> {
        ListValue.Builder values = ListValue.newBuilder();
        list.forEach(each -> values.addValues(toValue(each)));
        yield value.setListValue(values).build();
      }
      default -> value.setStringValue(object.toString()).build();
    };
  }
}
