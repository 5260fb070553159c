// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.api.jaeger;

import io.flotilla.telemetry.api.Span;
import io.flotilla.telemetry.api.jaeger.internal.ProtobufBatch;
import io.flotilla.telemetry.api.jaeger.proto.Batch;
import io.flotilla.telemetry.api.otlp.Decoded;
import io.flotilla.telemetry.api.otlp.SpanAssembly;
import io.flotilla.telemetry.api.otlp.SpanLimits;

/**
 * Jaeger's data model in protobuf (api_v2), as its collector takes it and its query API gives it.
 */
public final class JaegerProtobufCodec {
  private final SpanLimits limits;

  public JaegerProtobufCodec(SpanLimits limits) {
    this.limits = limits;
  }

  /** The spans of a batch that gRPC has parsed already. */
  public Decoded decode(Batch batch) {
    SpanAssembly assembly = new SpanAssembly(limits);
    ProtobufBatch.read(batch, assembly);
    return assembly.decoded();
  }

  /** One span, its process inside. */
  public static io.flotilla.telemetry.api.jaeger.proto.Span encode(Span span) {
    return ProtobufBatch.write(span);
  }
}
