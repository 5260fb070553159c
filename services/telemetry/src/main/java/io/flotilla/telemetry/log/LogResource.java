// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.log;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.telemetry.api.jaeger.JaegerJson;
import io.flotilla.telemetry.store.TraceId;
import io.flotilla.telemetry.tenant.Tenant;
import io.flotilla.telemetry.tenant.Tenants;
import io.flotilla.telemetry.tenant.UnknownTenantException;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.HeaderParam;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.time.Instant;
import java.util.HexFormat;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jspecify.annotations.Nullable;

/** The log records of one trace. */
@Path("/telemetry/api/logs")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
public class LogResource {
  private final LogStore store;
  private final Tenants tenants;

  LogResource(LogStore store, Tenants tenants) {
    this.store = store;
    this.tenants = tenants;
  }

  /** In the order of their time: {@code ?traceID=}. */
  @GET
  @Operation(operationId = "getLogs", summary = "The log records of one trace")
  public Response logs(
      @QueryParam("traceID") @Nullable String traceId,
      @HeaderParam(Tenant.HEADER) @Nullable String tenant) {
    ArrayNode all = JsonNodeFactory.instance.arrayNode();
    try {
      for (LogEntry entry : store.of(tenants.of(tenant), TraceId.parse(String.valueOf(traceId)))) {
        ObjectNode log = all.addObject();
        log.put(
            "time",
            Instant.ofEpochSecond(
                    Math.floorDiv(entry.epochNanos(), 1_000_000_000L),
                    Math.floorMod(entry.epochNanos(), 1_000_000_000L))
                .toString());
        log.put("traceID", entry.trace().toString());
        if (entry.spanId() != 0) {
          log.put("spanID", HexFormat.of().toHexDigits(entry.spanId()));
        }
        log.put("severityNumber", entry.severity());
        log.put("severityText", entry.severityText());
        log.put("body", entry.body());
        put(log.putObject("attributes"), entry.attributes());
        put(log.putObject("resource"), entry.resource());
      }
      return Response.ok(all).build();
    } catch (IllegalArgumentException e) {
      return error(400, e.getMessage());
    } catch (UnknownTenantException e) {
      return error(401, e.getMessage());
    }
  }

  private static void put(ObjectNode into, Map<String, Object> attributes) {
    attributes.entrySet().stream()
        .sorted(Map.Entry.comparingByKey())
        .forEach(e -> into.put(e.getKey(), JaegerJson.text(e.getValue())));
  }

  private static Response error(int status, @Nullable String message) {
    return Response.status(status)
        .entity(JsonNodeFactory.instance.objectNode().put("error", message))
        .build();
  }
}
