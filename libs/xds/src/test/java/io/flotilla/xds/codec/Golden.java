// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.codec;

import com.google.protobuf.Any;
import com.google.protobuf.DescriptorProtos.DescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumDescriptorProto;
import com.google.protobuf.DescriptorProtos.EnumValueDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto.Label;
import com.google.protobuf.DescriptorProtos.FieldDescriptorProto.Type;
import com.google.protobuf.DescriptorProtos.FileDescriptorProto;
import com.google.protobuf.Descriptors;
import com.google.protobuf.ListValue;
import com.google.protobuf.Message;
import com.google.protobuf.TypeRegistry;
import com.google.protobuf.Value;
import com.google.protobuf.util.JsonFormat;
import io.flotilla.contract.nds.NameTable;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;

/**
 * What a real istiod sent, as messages; Istio's own types, which have no classes, by descriptor.
 */
public final class Golden {
  private static final Pattern TYPE = Pattern.compile("\"type\\.googleapis\\.com/([^\"]+)\"");

  private Golden() {}

  /** Where the corpus lies, or null. */
  public static Path folder() {
    Path folder = Path.of(System.getProperty("flotilla.corpus", ""), "xds-golden-istiod");
    return Files.isDirectory(folder) ? folder : null;
  }

  /** The files of one scenario, "out/cds.json" to its resources. */
  public static Map<String, List<Any>> scenario(Path folder) throws IOException {
    Map<String, List<Any>> all = new LinkedHashMap<>();
    try (Stream<Path> files = Files.walk(folder, 2)) {
      for (Path file :
          files
              .filter(f -> f.toString().matches(".*/out[^/]*/(cds|eds|lds|rds|sds|nds)\\.json"))
              .sorted()
              .toList()) {
        all.put(folder.relativize(file).toString(), resources(Files.readString(file)));
      }
    }
    return all;
  }

  private static List<Any> resources(String json) throws IOException {
    JsonFormat.Parser parser =
        JsonFormat.parser().usingTypeRegistry(registry(json)).ignoringUnknownFields();
    ListValue.Builder list = ListValue.newBuilder();
    JsonFormat.parser().merge(json, list);
    List<Any> all = new ArrayList<>();
    for (Value each : list.getValuesList()) {
      Any.Builder any = Any.newBuilder();
      parser.merge(JsonFormat.printer().print(each), any);
      all.add(any.build());
    }
    return all;
  }

  /** The types that a JSON text names. */
  public static TypeRegistry registry(String json) {
    TypeRegistry.Builder registry = TypeRegistry.newBuilder();
    Matcher types = TYPE.matcher(json);
    TreeSet<String> names = new TreeSet<>();
    while (types.find()) {
      names.add(types.group(1));
    }
    for (String name : names) {
      registry.add(descriptor(name));
    }
    return registry.build();
  }

  private static Descriptors.Descriptor descriptor(String name) {
    switch (name) {
      case "istio.networking.nds.v1.NameTable":
        return NameTable.getDescriptor();
      case "stats.PluginConfig":
        return STATS;
      case "istio.envoy.config.filter.http.alpn.v2alpha1.FilterConfig":
        return ALPN;
      default:
        // A message of a file, or of another message.
        String nested = name.replaceAll("\\.(\\w+)$", "\\$$1");
        for (String type : List.of(name, nested)) {
          for (String prefix : List.of("io.envoyproxy.", "com.github.udpa.", "com.")) {
            Descriptors.Descriptor found = compiled(prefix + type);
            if (found != null) {
              return found;
            }
          }
        }
        return stub(name);
    }
  }

  private static Descriptors.Descriptor compiled(String type) {
    try {
      return ((Message) Class.forName(type).getMethod("getDefaultInstance").invoke(null))
          .getDescriptorForType();
    } catch (ReflectiveOperationException e) {
      return null;
    }
  }

  private static Descriptors.Descriptor stub(String name) {
    int dot = name.lastIndexOf('.');
    return build(
        FileDescriptorProto.newBuilder()
            .setPackage(name.substring(0, dot))
            .addMessageType(DescriptorProto.newBuilder().setName(name.substring(dot + 1))));
  }

  private static final Descriptors.Descriptor STATS =
      build(
          FileDescriptorProto.newBuilder()
              .setPackage("stats")
              .addMessageType(
                  DescriptorProto.newBuilder()
                      .setName("PluginConfig")
                      .addField(field("disable_host_header_fallback", 6, Type.TYPE_BOOL))));

  private static final Descriptors.Descriptor ALPN =
      build(
          FileDescriptorProto.newBuilder()
              .setPackage("istio.envoy.config.filter.http.alpn.v2alpha1")
              .addMessageType(
                  DescriptorProto.newBuilder()
                      .setName("FilterConfig")
                      .addEnumType(
                          EnumDescriptorProto.newBuilder()
                              .setName("Protocol")
                              .addValue(value("HTTP10", 0))
                              .addValue(value("HTTP11", 1))
                              .addValue(value("HTTP2", 2)))
                      .addNestedType(
                          DescriptorProto.newBuilder()
                              .setName("AlpnOverride")
                              .addField(
                                  field("upstream_protocol", 1, Type.TYPE_ENUM)
                                      .setTypeName(
                                          ".istio.envoy.config.filter.http.alpn.v2alpha1"
                                              + ".FilterConfig.Protocol"))
                              .addField(
                                  field("alpn_override", 2, Type.TYPE_STRING)
                                      .setLabel(Label.LABEL_REPEATED)))
                      .addField(
                          field("alpn_override", 1, Type.TYPE_MESSAGE)
                              .setLabel(Label.LABEL_REPEATED)
                              .setTypeName(
                                  ".istio.envoy.config.filter.http.alpn.v2alpha1"
                                      + ".FilterConfig.AlpnOverride"))));

  private static EnumValueDescriptorProto value(String name, int number) {
    return EnumValueDescriptorProto.newBuilder().setName(name).setNumber(number).build();
  }

  private static FieldDescriptorProto.Builder field(String name, int number, Type type) {
    return FieldDescriptorProto.newBuilder()
        .setName(name)
        .setNumber(number)
        .setType(type)
        .setLabel(Label.LABEL_OPTIONAL);
  }

  private static Descriptors.Descriptor build(FileDescriptorProto.Builder file) {
    try {
      return Descriptors.FileDescriptor.buildFrom(
              file.setName(file.getPackage() + "." + file.getMessageType(0).getName() + ".proto")
                  .setSyntax("proto3")
                  .build(),
              new Descriptors.FileDescriptor[0])
          .getMessageTypes()
          .getFirst();
    } catch (Descriptors.DescriptorValidationException e) {
      throw new IllegalStateException(e);
    }
  }
}
