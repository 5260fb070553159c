// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.codec.internal;

import com.github.udpa.udpa.type.v1.TypedStruct;
import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.Descriptors.EnumValueDescriptor;
import com.google.protobuf.Descriptors.FieldDescriptor;
import com.google.protobuf.Message;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.envoyproxy.envoy.extensions.filters.http.ext_authz.v3.ExtAuthz;
import io.envoyproxy.envoy.extensions.filters.http.ext_authz.v3.ExtAuthzPerRoute;
import io.envoyproxy.envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit;
import io.envoyproxy.envoy.extensions.filters.http.ratelimit.v3.RateLimit;
import io.envoyproxy.envoy.extensions.filters.http.ratelimit.v3.RateLimitPerRoute;
import io.flotilla.model.InvalidModelException;
import java.math.BigDecimal;
import java.util.Base64;
import java.util.Map;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/**
 * Filters' settings that come as a TypedStruct, as EnvoyFilters write them: the JSON of a message,
 * with the names of its fields in either style.
 */
final class TypedStructs {
  private static final Map<String, Message> KNOWN =
      Stream.of(
              ExtAuthz.getDefaultInstance(),
              ExtAuthzPerRoute.getDefaultInstance(),
              LocalRateLimit.getDefaultInstance(),
              RateLimit.getDefaultInstance(),
              RateLimitPerRoute.getDefaultInstance(),
              io.envoyproxy.envoy.extensions.filters.network.ext_authz.v3.ExtAuthz
                  .getDefaultInstance(),
              io.envoyproxy.envoy.extensions.filters.network.local_ratelimit.v3.LocalRateLimit
                  .getDefaultInstance())
          .collect(
              Collectors.toMap(m -> m.getDescriptorForType().getFullName(), Function.identity()));

  private TypedStructs() {}

  /** The message that it holds, if it is one of those that we know; else what it was. */
  static Any unwrap(Any any) {
    String url;
    Struct fields;
    switch (Common.typeName(any)) {
      case "udpa.type.v1.TypedStruct" -> {
        TypedStruct struct = Common.unpack(any, TypedStruct.class);
        url = struct.getTypeUrl();
        fields = struct.getValue();
      }
      case "xds.type.v3.TypedStruct" -> {
        var struct = Common.unpack(any, com.github.xds.type.v3.TypedStruct.class);
        url = struct.getTypeUrl();
        fields = struct.getValue();
      }
      default -> {
        return any;
      }
    }
    Message known = KNOWN.get(url.substring(url.lastIndexOf('/') + 1));
    return known == null ? any : Any.pack(message(known.newBuilderForType(), fields));
  }

  private static Message message(Message.Builder to, Struct struct) {
    struct
        .getFieldsMap()
        .forEach(
            (name, value) -> {
              FieldDescriptor field = field(to, name);
              if (value.hasNullValue()) {
                return;
              }
              if (field.isMapField()) {
                value
                    .getStructValue()
                    .getFieldsMap()
                    .forEach((k, v) -> to.addRepeatedField(field, entry(to, field, k, v)));
              } else if (field.isRepeated()) {
                value
                    .getListValue()
                    .getValuesList()
                    .forEach(v -> to.addRepeatedField(field, single(to, field, v)));
              } else {
                to.setField(field, single(to, field, value));
              }
            });
    return to.build();
  }

  private static FieldDescriptor field(Message.Builder of, String name) {
    for (FieldDescriptor each : of.getDescriptorForType().getFields()) {
      if (each.getName().equals(name) || each.getJsonName().equals(name)) {
        return each;
      }
    }
    throw new InvalidModelException(
        of.getDescriptorForType().getFullName() + " has no field '" + name + "'");
  }

  private static Message entry(Message.Builder of, FieldDescriptor map, String key, Value value) {
    Message.Builder entry = of.newBuilderForField(map);
    FieldDescriptor text = entry.getDescriptorForType().findFieldByNumber(1);
    FieldDescriptor held = entry.getDescriptorForType().findFieldByNumber(2);
    return entry.setField(text, key).setField(held, single(entry, held, value)).build();
  }

  private static Object single(Message.Builder of, FieldDescriptor field, Value value) {
    try {
      return switch (field.getJavaType()) {
        case STRING -> value.getStringValue();
        case BOOLEAN -> value.getBoolValue();
        case INT -> number(value).intValue();
        case LONG -> number(value).longValue();
        case FLOAT -> number(value).floatValue();
        case DOUBLE -> number(value).doubleValue();
        case BYTE_STRING -> ByteString.copyFrom(Base64.getDecoder().decode(value.getStringValue()));
        case ENUM -> constant(field, value);
        case MESSAGE -> inner(of.newBuilderForField(field), value);
      };
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new InvalidModelException(field.getFullName() + " cannot be read: " + e.getMessage());
    }
  }

  private static BigDecimal number(Value value) {
    return value.hasStringValue()
        ? new BigDecimal(value.getStringValue())
        : BigDecimal.valueOf(value.getNumberValue());
  }

  private static EnumValueDescriptor constant(FieldDescriptor field, Value value) {
    EnumValueDescriptor found =
        value.hasStringValue()
            ? field.getEnumType().findValueByName(value.getStringValue())
            : field.getEnumType().findValueByNumber((int) value.getNumberValue());
    if (found == null) {
      throw new IllegalArgumentException("it has no such value");
    }
    return found;
  }

  private static Message inner(Message.Builder to, Value value) {
    String type = to.getDescriptorForType().getFullName();
    return switch (type) {
      case "google.protobuf.Duration" -> duration(value.getStringValue());
      case "google.protobuf.BoolValue",
          "google.protobuf.StringValue",
          "google.protobuf.DoubleValue",
          "google.protobuf.UInt32Value",
          "google.protobuf.UInt64Value" -> {
        FieldDescriptor held = to.getDescriptorForType().findFieldByNumber(1);
        yield to.setField(held, single(to, held, value)).build();
      }
      case "google.protobuf.Struct" -> value.getStructValue();
      case "google.protobuf.Any" ->
          throw new IllegalArgumentException("a message within it is not supported");
      default -> message(to, value.getStructValue());
    };
  }

  private static Message duration(String text) {
    if (!text.endsWith("s")) {
      throw new IllegalArgumentException("'" + text + "' is no duration, such as \"60s\"");
    }
    BigDecimal nanos = new BigDecimal(text.substring(0, text.length() - 1)).movePointRight(9);
    return Common.duration(java.time.Duration.ofNanos(nanos.longValueExact()));
  }
}
