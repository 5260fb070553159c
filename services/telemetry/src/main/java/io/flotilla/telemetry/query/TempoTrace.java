// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.query;

import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import io.flotilla.telemetry.api.otlp.OtlpCodec;
import io.flotilla.telemetry.store.Trace;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;

/**
 * A trace as Tempo gives it. Its message Trace is, on the wire, OTLP's: resource spans in field 1.
 * In JSON ids are base64, as protobuf's own JSON has bytes, and the first version calls the
 * resource spans "batches".
 */
final class TempoTrace {
  private static final int TRACE_FIELD = 1;

  private TempoTrace() {}

  /** A Trace, or in the second version a TraceByIDResponse around it. */
  static byte[] protobuf(Trace trace, boolean second) {
    ExportTraceServiceRequest otlp = OtlpCodec.encode(trace.spans());
    if (!second) {
      return otlp.toByteArray();
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(otlp.getSerializedSize() + 16);
    try {
      CodedOutputStream out = CodedOutputStream.newInstance(bytes);
      out.writeMessage(TRACE_FIELD, otlp);
      out.flush();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  static String json(Trace trace, boolean second) {
    try {
      String otlp =
          JsonFormat.printer()
              .omittingInsignificantWhitespace()
              .print(OtlpCodec.encode(trace.spans()));
      return second
          ? "{\"trace\":" + otlp + ",\"metrics\":{}}"
          : otlp.replaceFirst("^\\{\"resourceSpans\":", "{\"batches\":");
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("a trace is always JSON", e);
    }
  }
}
