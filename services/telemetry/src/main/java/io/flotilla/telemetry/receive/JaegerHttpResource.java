// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.receive;

import io.flotilla.telemetry.api.jaeger.JaegerThriftCodec;
import io.flotilla.telemetry.tenant.Tenant;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.Response;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jspecify.annotations.Nullable;

/**
 * Jaeger's collector over HTTP: a batch in Thrift's binary protocol (jaegertracing/jaeger,
 * cmd/collector/app/handler/http_thrift_handler.go). On its own port the path is {@code
 * /api/traces}; the parameter "format" means nothing, as there.
 */
@Path("/telemetry/jaeger-collector/api/traces")
@RunOnVirtualThread
public class JaegerHttpResource {
  private static final String RECEIVER = "jaeger-http";

  private final JaegerThriftCodec codec;
  private final HttpIntake intake;

  JaegerHttpResource(JaegerThriftCodec codec, HttpIntake intake) {
    this.codec = codec;
    this.intake = intake;
  }

  /** Takes a batch; 202 once its spans are stored. */
  @POST
  @Consumes({"application/x-thrift", "application/vnd.apache.thrift.binary"})
  @Operation(operationId = "postJaegerBatch", summary = "Takes spans in Jaeger's Thrift")
  public Response post(
      @HeaderParam(HttpHeaders.CONTENT_ENCODING) @Nullable String encoding,
      @HeaderParam(Tenant.HEADER) @Nullable String tenant,
      byte[] body) {
    return intake.take(RECEIVER, encoding, tenant, body, codec::decodeBatch);
  }
}
