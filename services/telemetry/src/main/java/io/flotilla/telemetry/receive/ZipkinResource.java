// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.receive;

import io.flotilla.telemetry.api.zipkin.ZipkinCodec;
import io.flotilla.telemetry.api.zipkin.ZipkinFormat;
import io.flotilla.telemetry.tenant.Tenant;
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
 * Zipkin's collector: lists of spans, v2 in JSON and protobuf, v1 in JSON and Thrift
 * (openzipkin/zipkin, zipkin-server ZipkinHttpCollector). On its own port the paths are {@code
 * /api/v2/spans} and {@code /api/v1/spans}.
 */
@Path("/telemetry/zipkin/api")
@RunOnVirtualThread
public class ZipkinResource {
  private static final String RECEIVER = "zipkin";
  private static final String PROTOBUF = "application/x-protobuf";
  private static final String THRIFT = "application/x-thrift";

  private final ZipkinCodec codec;
  private final HttpIntake intake;

  ZipkinResource(ZipkinCodec codec, HttpIntake intake) {
    this.codec = codec;
    this.intake = intake;
  }

  /** Takes a list of spans; 202 once they are stored, as Zipkin answers. */
  @POST
  @Path("v2/spans")
  @Consumes({MediaType.APPLICATION_JSON, PROTOBUF})
  @Operation(operationId = "postZipkinSpans", summary = "Takes spans in Zipkin's v2 form")
  public Response postV2(
      @HeaderParam(HttpHeaders.CONTENT_TYPE) @Nullable String type,
      @HeaderParam(HttpHeaders.CONTENT_ENCODING) @Nullable String encoding,
      @HeaderParam(Tenant.HEADER) @Nullable String tenant,
      byte[] body) {
    return post(
        is(type, PROTOBUF) ? ZipkinFormat.PROTOBUF_V2 : ZipkinFormat.JSON_V2,
        encoding,
        tenant,
        body);
  }

  /** The same in v1. */
  @POST
  @Path("v1/spans")
  @Consumes({MediaType.APPLICATION_JSON, THRIFT})
  @Operation(operationId = "postZipkinV1Spans", summary = "Takes spans in Zipkin's v1 form")
  public Response postV1(
      @HeaderParam(HttpHeaders.CONTENT_TYPE) @Nullable String type,
      @HeaderParam(HttpHeaders.CONTENT_ENCODING) @Nullable String encoding,
      @HeaderParam(Tenant.HEADER) @Nullable String tenant,
      byte[] body) {
    return post(
        is(type, THRIFT) ? ZipkinFormat.THRIFT_V1 : ZipkinFormat.JSON_V1, encoding, tenant, body);
  }

  private static boolean is(@Nullable String type, String wanted) {
    return type != null && type.startsWith(wanted);
  }

  private Response post(
      ZipkinFormat format, @Nullable String encoding, @Nullable String tenant, byte[] body) {
    return intake.take(
        RECEIVER, encoding, tenant, body, unpacked -> codec.decode(unpacked, format));
  }
}
