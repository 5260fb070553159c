// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.query;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.telemetry.api.Span;
import io.flotilla.telemetry.api.jaeger.JaegerJson;
import io.flotilla.telemetry.api.otlp.MalformedSpansException;
import io.flotilla.telemetry.api.otlp.OtlpCodec;
import io.flotilla.telemetry.store.Dependency;
import io.flotilla.telemetry.store.Operation;
import io.flotilla.telemetry.store.Trace;
import io.flotilla.telemetry.store.TraceId;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.Consumes;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.POST;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * Jaeger's query API (jaegertracing/jaeger, cmd/query/app/http_handler.go), as its console, Kiali
 * and Grafana ask it. On its own port the paths begin with {@code /api}. The numbers {@code total},
 * {@code limit} and {@code offset} are as Jaeger leaves them.
 */
@Path("/telemetry/jaeger/api")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
public class JaegerResource {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private final CallersTraces traces;
  private final OtlpCodec codec;

  JaegerResource(CallersTraces traces, OtlpCodec codec) {
    this.traces = traces;
    this.codec = codec;
  }

  /** Names of services. */
  @GET
  @Path("services")
  @org.eclipse.microprofile.openapi.annotations.Operation(summary = "Names of the services")
  public Response services() {
    return strings(List.copyOf(traces.store().services()));
  }

  /** Names of a service's operations. */
  @GET
  @Path("services/{service}/operations")
  @org.eclipse.microprofile.openapi.annotations.Operation(
      summary = "Names of a service's operations")
  public Response operationNames(@PathParam("service") String service) {
    return strings(
        traces.store().operations(service).stream().map(Operation::name).distinct().toList());
  }

  /** Operations of a service with their kinds: {@code ?service=&spanKind=}. */
  @GET
  @Path("operations")
  @org.eclipse.microprofile.openapi.annotations.Operation(
      summary = "A service's operations and their span kinds")
  public Response operations(@Context UriInfo uri) {
    String service = uri.getQueryParameters().getFirst("service");
    String kind = uri.getQueryParameters().getFirst("spanKind");
    if (service == null || service.isEmpty()) {
      return error(400, "parameter 'service' is required");
    }
    ArrayNode data = JSON.arrayNode();
    for (Operation operation : traces.store().operations(service)) {
      String itsKind =
          operation.kind() == Span.Kind.UNSPECIFIED
              ? ""
              : operation.kind().name().toLowerCase(Locale.ROOT);
      if (kind == null || kind.isEmpty() || kind.equals(itsKind)) {
        data.addObject().put("name", operation.name()).put("spanKind", itsKind);
      }
    }
    return ok(data, data.size());
  }

  /** A search, or {@code ?traceID=} (repeated) for traces by id. */
  @GET
  @Path("traces")
  @org.eclipse.microprofile.openapi.annotations.Operation(
      summary = "Searches traces by service, operation, tags, time and duration, or by ids")
  public Response traces(@Context UriInfo uri) {
    MultivaluedMap<String, String> parameters = uri.getQueryParameters();
    List<String> ids = parameters.get("traceID");
    ArrayNode data = JSON.arrayNode();
    ArrayNode errors = JSON.arrayNode();
    try {
      if (ids != null && !ids.isEmpty()) {
        for (String id : ids) {
          Optional<Trace> trace = traces.store().find(TraceId.parse(id));
          if (trace.isPresent()) {
            data.add(JaegerJson.trace(trace.get().spans()));
          } else {
            errors.addObject().put("code", 0).put("msg", "trace not found").put("traceID", id);
          }
        }
      } else {
        for (Trace trace :
            traces.store().search(JaegerParameters.search(parameters, Instant.now()))) {
          data.add(JaegerJson.trace(trace.spans()));
        }
      }
    } catch (IllegalArgumentException e) {
      return error(400, e.getMessage());
    }
    return respond(200, data, 0, errors);
  }

  /** One trace. */
  @GET
  @Path("traces/{id}")
  @org.eclipse.microprofile.openapi.annotations.Operation(summary = "One trace by its id")
  public Response trace(@PathParam("id") String id) {
    try {
      Optional<Trace> trace = traces.store().find(TraceId.parse(id));
      return trace.isEmpty()
          ? error(404, "trace not found")
          : ok(JSON.arrayNode().add(JaegerJson.trace(trace.get().spans())), 0);
    } catch (IllegalArgumentException e) {
      return error(400, e.getMessage());
    }
  }

  /** OTLP's JSON as Jaeger's console shows it. */
  @POST
  @Path("transform")
  @Consumes(MediaType.APPLICATION_JSON)
  @org.eclipse.microprofile.openapi.annotations.Operation(
      summary = "Turns OTLP's JSON into Jaeger's")
  public Response transform(byte[] body) {
    try {
      Map<TraceId, List<Span>> byTrace = new LinkedHashMap<>();
      for (Span span : codec.decodeJson(body).spans()) {
        byTrace.computeIfAbsent(TraceId.of(span), t -> new ArrayList<>()).add(span);
      }
      ArrayNode data = JSON.arrayNode();
      byTrace.values().forEach(spans -> data.add(JaegerJson.trace(spans)));
      return ok(data, 0);
    } catch (MalformedSpansException e) {
      return error(400, "cannot unmarshal OTLP : " + e.getMessage());
    }
  }

  /** There is no archive beside the store. */
  @POST
  @Path("archive/{id}")
  @org.eclipse.microprofile.openapi.annotations.Operation(hidden = true)
  public Response archive(@PathParam("id") String id) {
    return error(501, "archive span storage was not configured");
  }

  /** Calls between services: {@code ?endTs=&lookback=}, in milliseconds. */
  @GET
  @Path("dependencies")
  @org.eclipse.microprofile.openapi.annotations.Operation(summary = "Calls between services")
  public Response dependencies(@Context UriInfo uri) {
    MultivaluedMap<String, String> parameters = uri.getQueryParameters();
    try {
      Instant end =
          Instant.ofEpochMilli(
              JaegerParameters.number(
                  parameters, "endTs", Instant.now().plus(Duration.ofMinutes(1)).toEpochMilli()));
      Duration lookback =
          Duration.ofMillis(
              JaegerParameters.number(parameters, "lookback", Duration.ofDays(1).toMillis()));
      List<Dependency> dependencies = traces.store().dependencies(end, lookback);
      ArrayNode data = JSON.arrayNode();
      for (Dependency dependency : dependencies) {
        data.addObject()
            .put("parent", dependency.parent())
            .put("child", dependency.child())
            .put("callCount", dependency.callCount());
      }
      return ok(data, 0);
    } catch (IllegalArgumentException | java.time.DateTimeException | ArithmeticException e) {
      return error(400, "unable to parse param 'endTs' or 'lookback': " + e.getMessage());
    }
  }

  private static Response strings(List<String> values) {
    ArrayNode data = JSON.arrayNode();
    new ArrayList<>(values).forEach(data::add);
    return ok(data, values.size());
  }

  private static Response ok(ArrayNode data, int total) {
    return respond(200, data, total, JSON.arrayNode());
  }

  private static Response error(int status, @Nullable String message) {
    ArrayNode errors = JSON.arrayNode();
    errors.addObject().put("code", status).put("msg", message);
    return respond(status, null, 0, errors);
  }

  private static Response respond(
      int status, @Nullable ArrayNode data, int total, ArrayNode errors) {
    ObjectNode body = JSON.objectNode();
    body.set("data", data == null ? JSON.nullNode() : data);
    body.put("total", total);
    body.put("limit", 0);
    body.put("offset", 0);
    body.set("errors", errors.isEmpty() ? JSON.nullNode() : errors);
    return Response.status(status).entity(body).build();
  }
}
