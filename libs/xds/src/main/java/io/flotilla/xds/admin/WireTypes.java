// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.admin;

import com.google.protobuf.Any;
import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumDescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumValueDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto.Label;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto.Type;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors;
import com.google.protobuf.DynamicMessage;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The types that may stand in an Any of the resources that Istio sends, by name. */
final class WireTypes {
  private static final Map<String, Message> BY_NAME = new HashMap<>();

  static {
    for (Message each :
        List.of(
            com.google.protobuf.Any.getDefaultInstance(),
            com.google.protobuf.BoolValue.getDefaultInstance(),
            com.google.protobuf.BytesValue.getDefaultInstance(),
            com.google.protobuf.DoubleValue.getDefaultInstance(),
            com.google.protobuf.Duration.getDefaultInstance(),
            com.google.protobuf.Empty.getDefaultInstance(),
            com.google.protobuf.FloatValue.getDefaultInstance(),
            com.google.protobuf.Int32Value.getDefaultInstance(),
            com.google.protobuf.Int64Value.getDefaultInstance(),
            com.google.protobuf.ListValue.getDefaultInstance(),
            com.google.protobuf.StringValue.getDefaultInstance(),
            com.google.protobuf.Struct.getDefaultInstance(),
            com.google.protobuf.Timestamp.getDefaultInstance(),
            com.google.protobuf.UInt32Value.getDefaultInstance(),
            com.google.protobuf.UInt64Value.getDefaultInstance(),
            com.google.protobuf.Value.getDefaultInstance(),
            com.github.udpa.udpa.type.v1.TypedStruct.getDefaultInstance(),
            com.github.xds.type.v3.TypedStruct.getDefaultInstance())) {
      add(each);
    }
    EnvoyTypes.all().forEach(WireTypes::add);
    add(stats());
    add(alpn());
  }

  private WireTypes() {}

  private static void add(Message type) {
    BY_NAME.put(type.getDescriptorForType().getFullName(), type);
  }

  /** What an Any holds; empty: its type is not known, or its bytes are not of that type. */
  static Optional<Message> unpack(Any any) {
    String url = any.getTypeUrl();
    Message type = BY_NAME.get(url.substring(url.lastIndexOf('/') + 1));
    if (type == null) {
      return Optional.empty();
    }
    try {
      return Optional.of(type.getParserForType().parseFrom(any.getValue()));
    } catch (InvalidProtocolBufferException e) {
      return Optional.empty();
    }
  }

  // Of Istio's own extensions no Java classes exist; these are the fields that Pilots send.
  private static Message stats() {
    return type(
        "stats",
        DescriptorProto.newBuilder()
            .setName("PluginConfig")
            .addField(field("disable_host_header_fallback", 6, Type.TYPE_BOOL)));
  }

  private static Message alpn() {
    String scope = ".istio.envoy.config.filter.http.alpn.v2alpha1.FilterConfig";
    EnumDescriptorProto.Builder protocol = EnumDescriptorProto.newBuilder().setName("Protocol");
    List.of("HTTP10", "HTTP11", "HTTP2")
        .forEach(
            name ->
                protocol.addValue(
                    EnumValueDescriptorProto.newBuilder()
                        .setName(name)
                        .setNumber(protocol.getValueCount())));
    return type(
        "istio.envoy.config.filter.http.alpn.v2alpha1",
        DescriptorProto.newBuilder()
            .setName("FilterConfig")
            .addEnumType(protocol)
            .addNestedType(
                DescriptorProto.newBuilder()
                    .setName("AlpnOverride")
                    .addField(
                        field("upstream_protocol", 1, Type.TYPE_ENUM)
                            .setTypeName(scope + ".Protocol"))
                    .addField(
                        field("alpn_override", 2, Type.TYPE_STRING).setLabel(Label.LABEL_REPEATED)))
            .addField(
                field("alpn_override", 1, Type.TYPE_MESSAGE)
                    .setLabel(Label.LABEL_REPEATED)
                    .setTypeName(scope + ".AlpnOverride")));
  }

  private static FieldDescriptorProto.Builder field(String name, int number, Type type) {
    return FieldDescriptorProto.newBuilder()
        .setName(name)
        .setNumber(number)
        .setType(type)
        .setLabel(Label.LABEL_OPTIONAL);
  }

  private static Message type(String scope, DescriptorProto.Builder message) {
    try {
      return DynamicMessage.getDefaultInstance(
          Descriptors.FileDescriptor.buildFrom(
                  FileDescriptorProto.newBuilder()
                      .setName(scope + ".proto")
                      .setPackage(scope)
                      .setSyntax("proto3")
                      .addMessageType(message)
                      .build(),
                  new Descriptors.FileDescriptor[0])
              .getMessageTypes()
              .getFirst());
    } catch (Descriptors.DescriptorValidationException e) {
      throw new IllegalStateException(e);
    }
  }
}
