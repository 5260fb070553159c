// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.query;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.telemetry.api.Span;
import io.flotilla.telemetry.api.otlp.OtlpCodec;
import io.flotilla.telemetry.store.Trace;
import io.flotilla.telemetry.store.TraceId;
import io.flotilla.telemetry.store.TraceQuery;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.nio.charset.StandardCharsets;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Jaeger's query API, version 3, over HTTP: traces in OTLP's JSON in an envelope "result"
 * (jaegertracing/jaeger, cmd/query/app/apiv3). On its own port the paths begin with {@code
 * /api/v3}.
 */
@Path("/telemetry/jaeger/api/v3")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
public class JaegerV3Resource {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final int MOST = 10_000;

  private final CallersTraces traces;

  JaegerV3Resource(CallersTraces traces) {
    this.traces = traces;
  }

  /** Names of services. */
  @GET
  @Path("services")
  @org.eclipse.microprofile.openapi.annotations.Operation(
      operationId = "jaegerV3Services",
      summary = "Names of the services, version 3")
  public Response services() {
    ObjectNode answer = JSON.objectNode();
    ArrayNode list = answer.putArray("services");
    traces.store().services().forEach(list::add);
    return Response.ok(answer).build();
  }

  /** Operations of a service: {@code ?service=&span_kind=}. */
  @GET
  @Path("operations")
  @org.eclipse.microprofile.openapi.annotations.Operation(
      operationId = "jaegerV3Operations",
      summary = "A service's operations, version 3")
  public Response operations(@Context UriInfo uri) {
    String service = uri.getQueryParameters().getFirst("service");
    String kind = uri.getQueryParameters().getFirst("span_kind");
    if (service == null || service.isEmpty()) {
      return error(400, "malformed parameter service");
    }
    ObjectNode answer = JSON.objectNode();
    ArrayNode list = answer.putArray("operations");
    traces
        .store()
        .operations(service)
        .forEach(
            operation -> {
              String its =
                  operation.kind() == Span.Kind.UNSPECIFIED
                      ? ""
                      : operation.kind().name().toLowerCase(Locale.ROOT);
              if (kind == null || kind.isEmpty() || kind.equals(its)) {
                list.addObject().put("name", operation.name()).put("spanKind", its);
              }
            });
    return Response.ok(answer).build();
  }

  /** One trace. */
  @GET
  @Path("traces/{id}")
  @org.eclipse.microprofile.openapi.annotations.Operation(
      operationId = "jaegerV3Trace",
      summary = "One trace by its id, in OTLP")
  public Response trace(@PathParam("id") String id) {
    try {
      Optional<Trace> trace = traces.store().find(TraceId.parse(id));
      return trace.isEmpty() ? error(404, "No traces found") : result(trace.get().spans());
    } catch (IllegalArgumentException e) {
      return error(400, "malformed parameter trace_id: " + e.getMessage());
    }
  }

  /** A search: {@code ?query.service_name=&query.start_time_min=&query.start_time_max=...}. */
  @GET
  @Path("traces")
  @org.eclipse.microprofile.openapi.annotations.Operation(
      operationId = "jaegerV3Traces",
      summary = "Searches traces, in OTLP")
  public Response search(@Context UriInfo uri) {
    try {
      List<Span> spans = new ArrayList<>();
      for (Trace trace : traces.store().search(query(uri.getQueryParameters()))) {
        spans.addAll(trace.spans());
      }
      return spans.isEmpty() ? error(404, "No traces found") : result(spans);
    } catch (IllegalArgumentException e) {
      return error(400, e.getMessage());
    }
  }

  private static TraceQuery query(MultivaluedMap<String, String> parameters) {
    String service = parameters.getFirst("query.service_name");
    String operation = parameters.getFirst("query.operation_name");
    return new TraceQuery(
        service == null || service.isEmpty() ? null : service,
        operation == null || operation.isEmpty() ? null : operation,
        Map.of(),
        time(parameters, "query.start_time_min"),
        time(parameters, "query.start_time_max"),
        JaegerParameters.duration(parameters, "query.duration_min", 0),
        JaegerParameters.duration(parameters, "query.duration_max", Long.MAX_VALUE),
        (int)
            Math.clamp(
                JaegerParameters.number(
                    parameters,
                    parameters.containsKey("query.num_traces")
                        ? "query.num_traces"
                        : "query.search_depth",
                    100),
                1,
                MOST));
  }

  private static long time(MultivaluedMap<String, String> parameters, String name) {
    String text = parameters.getFirst(name);
    if (text == null || text.isEmpty()) {
      throw new IllegalArgumentException(
          "query.start_time_min and query.start_time_max are required");
    }
    try {
      Instant time = Instant.parse(text);
      return Math.addExact(
          Math.multiplyExact(time.getEpochSecond(), 1_000_000_000L), (long) time.getNano());
    } catch (DateTimeException | ArithmeticException e) {
      throw new IllegalArgumentException(
          "malformed parameter " + name + ": a time as 2026-01-31T12:00:00Z is expected", e);
    }
  }

  private static Response result(List<Span> spans) {
    String otlp = new String(OtlpCodec.encodeJson(spans), StandardCharsets.UTF_8);
    return Response.ok("{\"result\":" + otlp + "}").build();
  }

  private static Response error(int status, @Nullable String message) {
    ObjectNode answer = JSON.objectNode();
    answer.putObject("error").put("httpCode", status).put("message", message);
    return Response.status(status).entity(answer).build();
  }
}
