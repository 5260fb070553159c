// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.traffic;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.util.JsonFormat;
import io.flotilla.telemetry.TelemetryConfig;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jspecify.annotations.Nullable;

/** The traffic graph in JSON, for people with curl; the form is that of the gRPC API. */
@Path("/telemetry/api/graph")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
public class TrafficResource {
  private final TrafficGraph graph;
  private final long longest;

  TrafficResource(TrafficGraph graph, TelemetryConfig config) {
    this.graph = graph;
    this.longest = config.scrape().window().toSeconds();
  }

  /** Rates over the last {@code window} seconds. */
  @GET
  @Operation(operationId = "getGraph", summary = "The traffic between workloads")
  public Response get(@QueryParam("window") @DefaultValue("60") int window)
      throws InvalidProtocolBufferException {
    if (window < 1 || window > longest) {
      return error(400, "window is " + window + ", but must be 1 to " + longest + " seconds");
    }
    try {
      return Response.ok(
              JsonFormat.printer().includingDefaultValueFields().print(graph.now(window)))
          .build();
    } catch (MetricQueries.UnavailableException e) {
      return error(503, e.getMessage());
    }
  }

  private static Response error(int status, @Nullable String message) {
    return Response.status(status).entity(Map.of("error", message == null ? "" : message)).build();
  }
}
