// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.receive;

import io.flotilla.telemetry.TelemetryConfig;
import io.flotilla.telemetry.api.jaeger.JaegerThriftCodec;
import io.flotilla.telemetry.api.otlp.Decoded;
import io.flotilla.telemetry.api.otlp.MalformedSpansException;
import io.flotilla.telemetry.distribute.DecodingRoom;
import io.flotilla.telemetry.distribute.RefusedException;
import io.flotilla.telemetry.distribute.SpanDistributor;
import io.flotilla.telemetry.tenant.Tenant;
import io.flotilla.telemetry.tenant.Tenants;
import io.flotilla.telemetry.tenant.UnknownTenantException;
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
  private final SpanDistributor distributor;
  private final Tenants tenants;
  private final DecodingRoom room;
  private final int maxBytes;

  JaegerHttpResource(
      JaegerThriftCodec codec,
      SpanDistributor distributor,
      Tenants tenants,
      DecodingRoom room,
      TelemetryConfig config) {
    this.codec = codec;
    this.distributor = distributor;
    this.tenants = tenants;
    this.room = room;
    this.maxBytes = config.receive().maxBytes();
  }

  /** Takes a batch; 202 once its spans are stored. */
  @POST
  @Consumes({"application/x-thrift", "application/vnd.apache.thrift.binary"})
  @Operation(operationId = "postJaegerBatch", summary = "Takes spans in Jaeger's Thrift")
  public Response post(
      @HeaderParam(HttpHeaders.CONTENT_ENCODING) @Nullable String encoding,
      @HeaderParam(Tenant.HEADER) @Nullable String tenant,
      byte[] body) {
    try (DecodingRoom.Place place =
        room.take(RECEIVER, SpanBody.weight(body, encoding, maxBytes))) {
      Decoded decoded = codec.decodeBatch(SpanBody.unpacked(body, encoding, maxBytes));
      if (decoded.spans().isEmpty() && decoded.refused() > 0) {
        distributor.refused(RECEIVER, "malformed");
        return Refusals.text(400, decoded.reason());
      }
      distributor.distribute(RECEIVER, tenants.of(tenant), decoded);
      return Response.accepted().build();
    } catch (MalformedSpansException e) {
      distributor.refused(RECEIVER, "malformed");
      return Refusals.text(400, e.getMessage());
    } catch (SpanBody.TooLargeException e) {
      distributor.refused(RECEIVER, "too-large");
      return Refusals.text(413, e.getMessage());
    } catch (UnknownTenantException e) {
      distributor.refused(RECEIVER, "no-tenant");
      return Refusals.text(401, e.getMessage());
    } catch (RefusedException e) {
      return Refusals.refused(e);
    }
  }
}
