// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.metrics;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Struct;
import com.google.protobuf.Value;
import io.flotilla.proxy.api.PeerIdentity;
import java.io.IOException;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;

/**
 * How peers tell each other who they are: x-envoy-peer-metadata, the base64 of a
 * google.protobuf.Struct with Istio's keys (istio/proxy, extension metadata_exchange).
 */
public final class PeerHeaders {
  public static final String METADATA = "x-envoy-peer-metadata";
  public static final String ID = "x-envoy-peer-metadata-id";
  private static final int MAX_LENGTH = 8192;

  private PeerHeaders() {}

  /** The header's value. */
  public static String encode(PeerIdentity peer) {
    Struct.Builder labels = Struct.newBuilder();
    peer.labels().forEach((key, value) -> labels.putFields(key, text(value)));
    Struct struct =
        Struct.newBuilder()
            .putFields("NAME", text(peer.name()))
            .putFields("NAMESPACE", text(peer.namespace()))
            .putFields("WORKLOAD_NAME", text(peer.workload()))
            .putFields("CLUSTER_ID", text(peer.cluster()))
            .putFields("LABELS", Value.newBuilder().setStructValue(labels).build())
            .build();
    byte[] bytes = new byte[struct.getSerializedSize()];
    CodedOutputStream out = CodedOutputStream.newInstance(bytes);
    out.useDeterministicSerialization();
    try {
      struct.writeTo(out);
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
    return Base64.getEncoder().encodeToString(bytes);
  }

  /** Who the header says; empty when it is malformed or too long. */
  public static Optional<PeerIdentity> decode(String header) {
    if (header.length() > MAX_LENGTH) {
      return Optional.empty();
    }
    try {
      Map<String, Value> fields =
          Struct.parseFrom(Base64.getDecoder().decode(header)).getFieldsMap();
      Map<String, String> labels = new LinkedHashMap<>();
      Value all = fields.get("LABELS");
      if (all != null) {
        all.getStructValue()
            .getFieldsMap()
            .forEach((key, value) -> labels.put(key, value.getStringValue()));
      }
      String workload = field(fields, "WORKLOAD_NAME", field(fields, "NAME", "unknown"));
      String app = labels.getOrDefault("app", "unknown");
      String version = labels.getOrDefault("version", "unknown");
      return Optional.of(
          new PeerIdentity(
              field(fields, "NAME", "unknown"),
              field(fields, "NAMESPACE", "unknown"),
              workload,
              labels.getOrDefault(
                  "service.istio.io/canonical-name", labels.getOrDefault("app", workload)),
              labels.getOrDefault(
                  "service.istio.io/canonical-revision", labels.getOrDefault("version", "latest")),
              app,
              version,
              field(fields, "CLUSTER_ID", "unknown"),
              "unknown",
              labels));
    } catch (IllegalArgumentException | InvalidProtocolBufferException malformed) {
      return Optional.empty();
    }
  }

  private static String field(Map<String, Value> fields, String key, String otherwise) {
    Value value = fields.get(key);
    return value == null || value.getStringValue().isEmpty() ? otherwise : value.getStringValue();
  }

  private static Value text(String value) {
    return Value.newBuilder().setStringValue(value).build();
  }
}
