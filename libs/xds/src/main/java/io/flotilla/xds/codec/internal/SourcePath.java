// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.codec.internal;

import com.google.protobuf.Struct;
import io.envoyproxy.envoy.config.core.v3.Metadata;
import io.flotilla.xds.codec.Structs;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which object a resource came from: "networking.istio.io/v1/VirtualService ns/name" in the model,
 * "/apis/networking.istio.io/v1/namespaces/ns/virtual-service/name" under istio.config in the
 * metadata on the wire, as istiod writes it. What is of neither form goes through as it is.
 */
final class SourcePath {
  private static final Pattern MODEL =
      Pattern.compile("([a-z0-9.]+/[a-z0-9]+)/((?:[A-Z][a-z0-9]+)+) ([^/ ]+)/([^/ ]+)");
  private static final Pattern WIRE =
      Pattern.compile("/apis/([a-z0-9.]+/[a-z0-9]+)/namespaces/([^/ ]+)/([a-z0-9-]+)/([^/ ]+)");
  private static final Pattern HUMP = Pattern.compile("(?<=[a-z0-9])(?=[A-Z])");

  private SourcePath() {}

  static Metadata encode(String source) {
    return Metadata.newBuilder()
        .putFilterMetadata("istio", Structs.toStruct(Map.of("config", toWire(source))))
        .build();
  }

  static String decode(Metadata metadata) {
    Struct istio = metadata.getFilterMetadataMap().get("istio");
    return istio == null || !istio.containsFields("config")
        ? ""
        : toModel(istio.getFieldsOrThrow("config").getStringValue());
  }

  static String toWire(String source) {
    Matcher m = MODEL.matcher(source);
    if (!m.matches()) {
      return source;
    }
    String kind = HUMP.matcher(m.group(2)).replaceAll("-").toLowerCase(Locale.ROOT);
    return "/apis/" + m.group(1) + "/namespaces/" + m.group(3) + "/" + kind + "/" + m.group(4);
  }

  static String toModel(String path) {
    Matcher m = WIRE.matcher(path);
    if (!m.matches()) {
      return path;
    }
    StringBuilder kind = new StringBuilder();
    for (String word : m.group(3).split("-")) {
      if (!word.isEmpty()) {
        kind.append(Character.toUpperCase(word.charAt(0))).append(word.substring(1));
      }
    }
    return m.group(1) + "/" + kind + " " + m.group(2) + "/" + m.group(4);
  }
}
