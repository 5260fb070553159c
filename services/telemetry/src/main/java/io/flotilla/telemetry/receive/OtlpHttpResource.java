// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.receive;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import com.google.rpc.Code;
import com.google.rpc.Status;
import io.flotilla.telemetry.TelemetryConfig;
import io.flotilla.telemetry.api.otlp.Decoded;
import io.flotilla.telemetry.api.otlp.MalformedSpansException;
import io.flotilla.telemetry.api.otlp.OtlpCodec;
import io.flotilla.telemetry.distribute.DecodingRoom;
import io.flotilla.telemetry.distribute.RefusedException;
import io.flotilla.telemetry.distribute.SpanDistributor;
import io.flotilla.telemetry.log.OtlpLogs;
import io.flotilla.telemetry.metric.OtlpMetrics;
import io.flotilla.telemetry.tenant.Tenant;
import io.flotilla.telemetry.tenant.Tenants;
import io.flotilla.telemetry.tenant.UnknownTenantException;
import io.opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import org.eclipse.microprofile.openapi.annotations.Operation;

/**
 * OTLP over HTTP, in protobuf and JSON; answers come in the encoding of the request (OTLP
 * specification, "OTLP/HTTP"). On its own port the paths are {@code /v1/traces}, {@code
 * /v1/metrics} and {@code /v1/logs}.
 */
@Path("/telemetry/otlp/v1")
@Consumes({"application/x-protobuf", MediaType.APPLICATION_JSON})
@RunOnVirtualThread
public class OtlpHttpResource {
  private static final String PROTOBUF = "application/x-protobuf";
  private static final String RECEIVER = "otlp-http";
  private static final int RECURSION = 40;

  private final OtlpCodec codec;
  private final SpanDistributor distributor;
  private final OtlpMetrics metrics;
  private final OtlpLogs logs;
  private final Tenants tenants;
  private final DecodingRoom room;
  private final int maxBytes;

  OtlpHttpResource(
      OtlpCodec codec,
      SpanDistributor distributor,
      OtlpMetrics metrics,
      OtlpLogs logs,
      Tenants tenants,
      DecodingRoom room,
      TelemetryConfig config) {
    this.codec = codec;
    this.distributor = distributor;
    this.metrics = metrics;
    this.logs = logs;
    this.tenants = tenants;
    this.room = room;
    this.maxBytes = config.receive().maxBytes();
  }

  /** Takes an ExportTraceServiceRequest. */
  @POST
  @Path("traces")
  @Operation(operationId = "exportTraces", summary = "Takes spans by OTLP in protobuf or JSON")
  public Response traces(@Context HttpHeaders headers, byte[] body) {
    return export(
        headers,
        body,
        (unpacked, json, tenant) -> {
          Decoded decoded = json ? codec.decodeJson(unpacked) : codec.decodeProtobuf(unpacked);
          distributor.distribute(RECEIVER, tenant, decoded);
          return OtlpGrpcReceiver.response(decoded);
        });
  }

  /** Takes an ExportMetricsServiceRequest. */
  @POST
  @Path("metrics")
  @Operation(operationId = "exportMetrics", summary = "Takes metrics by OTLP in protobuf or JSON")
  public Response metrics(@Context HttpHeaders headers, byte[] body) {
    return export(
        headers,
        body,
        (unpacked, json, tenant) -> {
          var request = ExportMetricsServiceRequest.newBuilder();
          parse(unpacked, json, request);
          return metrics.take(request.build());
        });
  }

  /** Takes an ExportLogsServiceRequest. */
  @POST
  @Path("logs")
  @Operation(operationId = "exportLogs", summary = "Takes logs by OTLP in protobuf or JSON")
  public Response logs(@Context HttpHeaders headers, byte[] body) {
    return export(
        headers,
        body,
        (unpacked, json, tenant) -> {
          var request = ExportLogsServiceRequest.newBuilder();
          parse(unpacked, json, request);
          return logs.take(tenant, request.build(), json);
        });
  }

  private static void parse(byte[] body, boolean json, Message.Builder into)
      throws MalformedSpansException {
    try {
      if (json) {
        JsonFormat.parser()
            .ignoringUnknownFields()
            .merge(new String(body, StandardCharsets.UTF_8), into);
      } else {
        CodedInputStream in = CodedInputStream.newInstance(body);
        in.setRecursionLimit(RECURSION);
        into.mergeFrom(in);
      }
    } catch (IOException e) {
      throw new MalformedSpansException(
          "The body is not an OTLP "
              + into.getDescriptorForType().getName()
              + ": "
              + e.getMessage());
    }
  }

  /** What one signal does with a request. */
  private interface Export {
    Message of(byte[] unpacked, boolean json, Tenant tenant)
        throws MalformedSpansException, RefusedException;
  }

  private Response export(HttpHeaders headers, byte[] body, Export signal) {
    MediaType type = headers.getMediaType();
    boolean json = type != null && type.isCompatible(MediaType.APPLICATION_JSON_TYPE);
    String encoding = headers.getHeaderString(HttpHeaders.CONTENT_ENCODING);
    try (DecodingRoom.Place place =
        room.take(RECEIVER, SpanBody.weight(body, encoding, maxBytes))) {
      Tenant tenant = tenants.of(headers.getHeaderString(Tenant.HEADER));
      byte[] unpacked = SpanBody.unpacked(body, encoding, maxBytes);
      return answer(200, signal.of(unpacked, json, tenant), json).build();
    } catch (MalformedSpansException e) {
      distributor.refused(RECEIVER, "malformed");
      return answer(400, status(Code.INVALID_ARGUMENT, e), json).build();
    } catch (SpanBody.TooLargeException e) {
      distributor.refused(RECEIVER, "too-large");
      return answer(413, status(Code.INVALID_ARGUMENT, e), json).build();
    } catch (UnknownTenantException e) {
      distributor.refused(RECEIVER, "no-tenant");
      return answer(401, status(Code.UNAUTHENTICATED, e), json).build();
    } catch (RefusedException e) {
      Code code = e.tooMuch() ? Code.RESOURCE_EXHAUSTED : Code.UNAVAILABLE;
      return answer(Refusals.status(e), status(code, e), json)
          .header("Retry-After", Refusals.RETRY_AFTER)
          .build();
    }
  }

  private static Status status(Code code, Exception e) {
    return Status.newBuilder()
        .setCode(code.getNumber())
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
