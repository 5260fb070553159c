// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.api.otlp;

import com.google.protobuf.CodedInputStream;
import io.flotilla.telemetry.api.Span;
import io.flotilla.telemetry.api.otlp.internal.OtlpJson;
import io.flotilla.telemetry.api.otlp.internal.OtlpProtobuf;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import java.io.IOException;
import java.util.List;

/**
 * OTLP trace requests to spans and back, in both encodings. Input is a stranger's: one bad span is
 * left out alone, sizes are held to {@link SpanLimits}, and only a body that is not OTLP at all is
 * refused as a whole. An end before the start counts as the start; byte strings become base64,
 * nested maps become JSON text.
 */
public final class OtlpCodec {
  private final SpanLimits limits;

  public OtlpCodec(SpanLimits limits) {
    this.limits = limits;
  }

  /** The spans of a request that gRPC has parsed already. */
  public Decoded decode(ExportTraceServiceRequest request) {
    SpanAssembly assembly = new SpanAssembly(limits);
    OtlpProtobuf.decode(request, assembly);
    return assembly.decoded();
  }

  /**
   * The spans of a protobuf body.
   *
   * @throws MalformedSpansException if it is no ExportTraceServiceRequest
   */
  public Decoded decodeProtobuf(byte[] body) throws MalformedSpansException {
    try {
      CodedInputStream in = CodedInputStream.newInstance(body);
      in.setRecursionLimit(40);
      return decode(ExportTraceServiceRequest.parseFrom(in));
    } catch (IOException e) {
      throw new MalformedSpansException(
          "The body is not an OTLP ExportTraceServiceRequest in protobuf: " + e.getMessage());
    }
  }

  /**
   * The spans of a JSON body.
   *
   * @throws MalformedSpansException if it is not a JSON object
   */
  public Decoded decodeJson(byte[] body) throws MalformedSpansException {
    SpanAssembly assembly = new SpanAssembly(limits);
    OtlpJson.decode(body, assembly);
    return assembly.decoded();
  }

  /** One request with all the spans, those of one process and scope together. */
  public static ExportTraceServiceRequest encode(List<Span> spans) {
    return OtlpProtobuf.encode(spans);
  }

  /** The same in JSON, UTF-8. */
  public static byte[] encodeJson(List<Span> spans) {
    return OtlpJson.encode(spans);
  }
}
