// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.api.otlp;

import io.flotilla.telemetry.api.otlp.internal.OtlpProtobuf;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** OTLP's attributes as our spans hold them, for the signals that are not traces. */
public final class OtlpAttributes {
  private OtlpAttributes() {}

  /** Values are String, Long, Double, Boolean or List of these, within the assembly's limits. */
  public static Map<String, Object> of(List<KeyValue> pairs, SpanAssembly into) {
    return Map.copyOf(OtlpProtobuf.attributes(pairs, into));
  }

  /** One value; null: there is none. */
  public static @Nullable Object value(AnyValue value, SpanAssembly into) {
    return OtlpProtobuf.value(value, into, 0);
  }
}
