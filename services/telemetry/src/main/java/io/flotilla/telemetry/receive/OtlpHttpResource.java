// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.receive;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import com.google.rpc.Status;
import io.flotilla.telemetry.TelemetryConfig;
import io.flotilla.telemetry.api.otlp.Decoded;
import io.flotilla.telemetry.api.otlp.MalformedSpansException;
import io.flotilla.telemetry.api.otlp.OtlpCodec;
import io.flotilla.telemetry.distribute.OverloadedException;
import io.flotilla.telemetry.distribute.SpanDistributor;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jspecify.annotations.Nullable;

/**
 * OTLP over HTTP, in protobuf and JSON; answers come in the encoding of the request (OTLP
 * specification, "OTLP/HTTP"). On its own port the path is {@code /v1/traces}.
 */
@Path("/telemetry/otlp/v1/traces")
@RunOnVirtualThread
public class OtlpHttpResource {
  private static final String PROTOBUF = "application/x-protobuf";
  private static final String RECEIVER = "otlp-http";
  private static final int INVALID_ARGUMENT = 3;
  private static final int UNAVAILABLE = 14;

  private final OtlpCodec codec;
  private final SpanDistributor distributor;
  private final int maxBytes;

  OtlpHttpResource(OtlpCodec codec, SpanDistributor distributor, TelemetryConfig config) {
    this.codec = codec;
    this.distributor = distributor;
    this.maxBytes = config.receive().maxBytes();
  }

  /** Takes an ExportTraceServiceRequest in protobuf. */
  @POST
  @Consumes(PROTOBUF)
  @Operation(operationId = "exportTraces", summary = "Takes spans by OTLP in protobuf or JSON")
  public Response protobuf(
      @HeaderParam(HttpHeaders.CONTENT_ENCODING) @Nullable String encoding, byte[] body) {
    return export(encoding, body, false);
  }

  /** Takes an ExportTraceServiceRequest in JSON. */
  @POST
  @Consumes(MediaType.APPLICATION_JSON)
  @Operation(hidden = true)
  public Response json(
      @HeaderParam(HttpHeaders.CONTENT_ENCODING) @Nullable String encoding, byte[] body) {
    return export(encoding, body, true);
  }

  private Response export(@Nullable String encoding, byte[] body, boolean json) {
    try {
      byte[] unpacked = SpanBody.unpacked(body, encoding, maxBytes);
      Decoded decoded = json ? codec.decodeJson(unpacked) : codec.decodeProtobuf(unpacked);
      distributor.distribute(RECEIVER, decoded);
      return answer(200, OtlpGrpcReceiver.response(decoded), json).build();
    } catch (MalformedSpansException e) {
      distributor.refused(RECEIVER, "malformed");
      return answer(400, status(INVALID_ARGUMENT, e), json).build();
    } catch (SpanBody.TooLargeException e) {
      distributor.refused(RECEIVER, "too-large");
      return answer(413, status(INVALID_ARGUMENT, e), json).build();
    } catch (OverloadedException e) {
      return answer(503, status(UNAVAILABLE, e), json).header("Retry-After", "1").build();
    }
  }

  private static Status status(int code, Exception e) {
    return Status.newBuilder()
        .setCode(code)
        .setMessage(e.getMessage() == null ? "" : e.getMessage())
        .build();
  }

  private static Response.ResponseBuilder answer(int code, Message message, boolean json) {
    try {
      return json
          ? Response.status(code)
              .type(MediaType.APPLICATION_JSON)
              .entity(JsonFormat.printer().omittingInsignificantWhitespace().print(message))
          : Response.status(code).type(PROTOBUF).entity(message.toByteArray());
    } catch (InvalidProtocolBufferException e) {
      throw new IllegalStateException("an answer of OTLP is always JSON", e);
    }
  }
}
