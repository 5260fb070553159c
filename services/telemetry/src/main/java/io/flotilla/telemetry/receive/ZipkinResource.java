// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.receive;

import io.flotilla.telemetry.TelemetryConfig;
import io.flotilla.telemetry.api.otlp.Decoded;
import io.flotilla.telemetry.api.otlp.MalformedSpansException;
import io.flotilla.telemetry.api.zipkin.ZipkinCodec;
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

/** Zipkin's collector, v2 in JSON. On its own port the path is {@code /api/v2/spans}. */
@Path("/telemetry/zipkin/api/v2/spans")
@RunOnVirtualThread
public class ZipkinResource {
  private static final String RECEIVER = "zipkin";

  private final ZipkinCodec codec;
  private final SpanDistributor distributor;
  private final int maxBytes;

  ZipkinResource(ZipkinCodec codec, SpanDistributor distributor, TelemetryConfig config) {
    this.codec = codec;
    this.distributor = distributor;
    this.maxBytes = config.receive().maxBytes();
  }

  /** Takes a list of spans; 202 once they are stored, as Zipkin answers. */
  @POST
  @Consumes(MediaType.APPLICATION_JSON)
  @Operation(operationId = "postZipkinSpans", summary = "Takes spans in Zipkin's v2 JSON")
  public Response post(
      @HeaderParam(HttpHeaders.CONTENT_ENCODING) @Nullable String encoding, byte[] body) {
    try {
      Decoded decoded = codec.decode(SpanBody.unpacked(body, encoding, maxBytes));
      if (decoded.spans().isEmpty() && decoded.refused() > 0) {
        distributor.refused(RECEIVER, "malformed");
        return text(400, decoded.reason());
      }
      distributor.distribute(RECEIVER, decoded);
      return Response.accepted().build();
    } catch (MalformedSpansException e) {
      distributor.refused(RECEIVER, "malformed");
      return text(400, e.getMessage());
    } catch (SpanBody.TooLargeException e) {
      distributor.refused(RECEIVER, "too-large");
      return text(413, e.getMessage());
    } catch (OverloadedException e) {
      return text(503, e.getMessage());
    }
  }

  private static Response text(int status, @Nullable String message) {
    return Response.status(status).type(MediaType.TEXT_PLAIN).entity(message).build();
  }
}
