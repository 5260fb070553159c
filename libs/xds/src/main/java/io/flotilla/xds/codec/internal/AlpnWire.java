// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.codec.internal;

import com.google.protobuf.ByteString;
import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.WireFormat;
import io.flotilla.model.InvalidModelException;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/**
 * istio.envoy.config.filter.http.alpn.v2alpha1.FilterConfig, of which no Java class exists: field 1
 * repeats {1: upstream protocol, 2: ALPN names}.
 */
final class AlpnWire {
  private static final List<String> PROTOCOLS = List.of("http/1.0", "http/1.1", "h2");

  private AlpnWire() {}

  static ByteString encode(Map<String, List<String>> overrides) {
    try {
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      CodedOutputStream out = CodedOutputStream.newInstance(all);
      for (Map.Entry<String, List<String>> each : new TreeMap<>(overrides).entrySet()) {
        ByteArrayOutputStream one = new ByteArrayOutputStream();
        CodedOutputStream inner = CodedOutputStream.newInstance(one);
        int protocol = PROTOCOLS.indexOf(each.getKey());
        if (protocol < 0) {
          throw new InvalidModelException("no ALPN override for protocol " + each.getKey());
        }
        if (protocol > 0) {
          inner.writeEnum(1, protocol);
        }
        for (String name : each.getValue()) {
          inner.writeString(2, name);
        }
        inner.flush();
        out.writeByteArray(1, one.toByteArray());
      }
      out.flush();
      return ByteString.copyFrom(all.toByteArray());
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  static Map<String, List<String>> decode(ByteString bytes) {
    Map<String, List<String>> overrides = new LinkedHashMap<>();
    try {
      CodedInputStream in = bytes.newCodedInput();
      for (int tag = in.readTag(); tag != 0; tag = in.readTag()) {
        if (WireFormat.getTagFieldNumber(tag) != 1) {
          in.skipField(tag);
          continue;
        }
        CodedInputStream inner = in.readBytes().newCodedInput();
        int protocol = 0;
        List<String> names = new ArrayList<>();
        for (int t = inner.readTag(); t != 0; t = inner.readTag()) {
          switch (WireFormat.getTagFieldNumber(t)) {
            case 1 -> protocol = inner.readEnum();
            case 2 -> names.add(inner.readStringRequireUtf8());
            default -> inner.skipField(t);
          }
        }
        if (protocol >= 0 && protocol < PROTOCOLS.size()) {
          overrides.put(PROTOCOLS.get(protocol), List.copyOf(names));
        }
      }
    } catch (IOException e) {
      throw new InvalidModelException(
          "the ALPN filter's configuration is malformed: " + e.getMessage());
    }
    return overrides;
  }
}
