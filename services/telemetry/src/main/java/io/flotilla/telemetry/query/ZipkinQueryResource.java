// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.query;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import io.flotilla.telemetry.api.Span;
import io.flotilla.telemetry.api.zipkin.ZipkinSpans;
import io.flotilla.telemetry.store.Operation;
import io.flotilla.telemetry.store.Trace;
import io.flotilla.telemetry.store.TraceId;
import io.flotilla.telemetry.store.TraceQuery;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.MultivaluedMap;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.io.ByteArrayOutputStream;
import java.time.Duration;
import java.util.Arrays;
import java.util.Collection;
import java.util.HashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.SortedSet;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import zipkin2.codec.DependencyLinkBytesEncoder;
import zipkin2.codec.SpanBytesEncoder;
import zipkin2.internal.DependencyLinker;
import zipkin2.storage.QueryRequest;

/**
 * Zipkin's query API, version 2 (openzipkin/zipkin-api, zipkin2-api.yaml). What a search means is
 * decided by Zipkin's own library; names are in lower case, as everywhere in Zipkin.
 */
@Path("/telemetry/zipkin/api")
@RunOnVirtualThread
public class ZipkinQueryResource {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final int MOST = 1_000;
  private static final int IDS = 100;
  private static final int TRACES_LOOKED_AT = 1_000;
  private static final int TRACES_LINKED = 100_000;

  private final CallersTraces traces;

  ZipkinQueryResource(CallersTraces traces) {
    this.traces = traces;
  }

  /** Names of services. */
  @GET
  @Path("v2/services")
  @org.eclipse.microprofile.openapi.annotations.Operation(
      operationId = "zipkinServices",
      summary = "Names of the services, for Zipkin")
  public Response services() {
    return strings(lower(traces.store().services()));
  }

  /** Names of a service's spans. */
  @GET
  @Path("v2/spans")
  @org.eclipse.microprofile.openapi.annotations.Operation(
      operationId = "zipkinSpanNames",
      summary = "Names of a service's spans, for Zipkin")
  public Response spanNames(@QueryParam("serviceName") @Nullable String service) {
    SortedSet<String> names = new TreeSet<>();
    for (String each : named(service)) {
      for (Operation operation : traces.store().operations(each)) {
        if (!operation.name().isEmpty()) {
          names.add(operation.name());
        }
      }
    }
    return strings(lower(names));
  }

  /** Names of the services that a service calls, in its latest traces. */
  @GET
  @Path("v2/remoteServices")
  @org.eclipse.microprofile.openapi.annotations.Operation(
      operationId = "zipkinRemoteServices",
      summary = "Names of the services that a service calls, for Zipkin")
  public Response remoteServices(@QueryParam("serviceName") @Nullable String service) {
    SortedSet<String> names = new TreeSet<>();
    for (String each : named(service)) {
      for (Trace trace :
          traces
              .store()
              .search(
                  new TraceQuery(
                      each,
                      null,
                      Map.of(),
                      0,
                      Long.MAX_VALUE,
                      0,
                      Long.MAX_VALUE,
                      TRACES_LOOKED_AT))) {
        for (Span span : trace.spans()) {
          if (span.serviceName().equals(each)
              && span.attributes().get("peer.service") instanceof String peer) {
            names.add(peer);
          }
        }
      }
    }
    return strings(lower(names));
  }

  /** The services whose name is this one, whatever the case of its letters. */
  private List<String> named(@Nullable String service) {
    return service == null
        ? List.of()
        : traces.store().services().stream().filter(service::equalsIgnoreCase).toList();
  }

  private static SortedSet<String> lower(Collection<String> names) {
    SortedSet<String> lower = new TreeSet<>();
    names.forEach(name -> lower.add(name.toLowerCase(Locale.ROOT)));
    lower.remove("unknown_service");
    return lower;
  }

  private static Response strings(Collection<String> values) {
    ArrayNode list = JSON.arrayNode();
    values.forEach(list::add);
    return Response.ok(list, MediaType.APPLICATION_JSON).build();
  }

  /** A search. */
  @GET
  @Path("v2/traces")
  @org.eclipse.microprofile.openapi.annotations.Operation(
      operationId = "zipkinTraces",
      summary = "Searches traces as Zipkin does")
  public Response search(@Context UriInfo uri) {
    QueryRequest request;
    try {
      request = request(uri.getQueryParameters());
    } catch (IllegalArgumentException e) {
      return text(400, e.getMessage());
    }
    List<String> services = named(request.serviceName());
    if (request.serviceName() != null && services.isEmpty()) {
      return Response.ok("[]", MediaType.APPLICATION_JSON).build();
    }
    TraceQuery candidates =
        candidates(request, services.size() == 1 ? services.getFirst() : null, request.limit());
    return traces(
        traces.store().search(candidates, trace -> request.test(ZipkinSpans.of(trace.spans()))));
  }

  /** A trace that fits began in the time, so that none of its spans starts before. */
  private static TraceQuery candidates(QueryRequest request, @Nullable String service, int limit) {
    return new TraceQuery(
        service,
        null,
        Map.of(),
        Math.max(0, request.endTs() - request.lookback()) * 1_000_000L,
        Long.MAX_VALUE,
        0,
        Long.MAX_VALUE,
        limit);
  }

  private static QueryRequest request(MultivaluedMap<String, String> parameters) {
    QueryRequest.Builder request =
        QueryRequest.newBuilder()
            .serviceName(parameters.getFirst("serviceName"))
            .remoteServiceName(parameters.getFirst("remoteServiceName"))
            .spanName(parameters.getFirst("spanName"))
            .parseAnnotationQuery(parameters.getFirst("annotationQuery"))
            .endTs(number(parameters, "endTs", System.currentTimeMillis()))
            .lookback(number(parameters, "lookback", Duration.ofDays(1).toMillis()))
            .limit((int) Math.clamp(number(parameters, "limit", 10), 1, MOST));
    if (parameters.containsKey("minDuration")) {
      request.minDuration(number(parameters, "minDuration", 0));
    }
    if (parameters.containsKey("maxDuration")) {
      request.maxDuration(number(parameters, "maxDuration", 0));
    }
    return request.build();
  }

  private static long number(
      MultivaluedMap<String, String> parameters, String name, long otherwise) {
    String text = parameters.getFirst(name);
    if (text == null || text.isEmpty()) {
      return otherwise;
    }
    try {
      return Math.clamp(Long.parseLong(text), -1, Long.MAX_VALUE / 1_000_000L);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(name + " is no whole number", e);
    }
  }

  /** One trace. */
  @GET
  @Path("v2/trace/{id}")
  @org.eclipse.microprofile.openapi.annotations.Operation(
      operationId = "zipkinTrace",
      summary = "One trace by its id, for Zipkin")
  public Response trace(@PathParam("id") String id) {
    try {
      Optional<Trace> trace = traces.store().find(TraceId.parse(id));
      return trace.isEmpty()
          ? text(404, id + " not found")
          : Response.ok(bytes(trace.get()), MediaType.APPLICATION_JSON).build();
    } catch (IllegalArgumentException e) {
      return text(400, e.getMessage());
    }
  }

  /** Several traces: {@code ?traceIds=a,b}. */
  @GET
  @Path("v2/traceMany")
  @org.eclipse.microprofile.openapi.annotations.Operation(
      operationId = "zipkinTraceMany",
      summary = "Several traces by their ids, for Zipkin")
  public Response traceMany(@QueryParam("traceIds") @Nullable String ids) {
    if (ids == null || ids.isBlank()) {
      return text(400, "traceIds parameter is empty");
    }
    try {
      List<TraceId> wanted =
          Arrays.stream(ids.split(",", IDS)).map(TraceId::parse).distinct().toList();
      return traces(wanted.stream().flatMap(id -> traces.store().find(id).stream()).toList());
    } catch (IllegalArgumentException e) {
      return text(400, e.getMessage());
    }
  }

  private static Response traces(List<Trace> found) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.write('[');
    for (Trace trace : found) {
      if (out.size() > 1) {
        out.write(',');
      }
      out.writeBytes(bytes(trace));
    }
    out.write(']');
    return Response.ok(out.toByteArray(), MediaType.APPLICATION_JSON).build();
  }

  private static byte[] bytes(Trace trace) {
    return SpanBytesEncoder.JSON_V2.encodeList(ZipkinSpans.of(trace.spans()));
  }

  /**
   * Calls between services, linked from the traces of the time as Zipkin links them: {@code
   * ?endTs=&lookback=}, in milliseconds.
   */
  @GET
  @Path("v2/dependencies")
  @org.eclipse.microprofile.openapi.annotations.Operation(
      operationId = "zipkinDependencies",
      summary = "Calls between services, for Zipkin")
  public Response dependencies(@Context UriInfo uri) {
    MultivaluedMap<String, String> parameters = uri.getQueryParameters();
    try {
      long end = number(parameters, "endTs", -1);
      long lookback = number(parameters, "lookback", Duration.ofDays(1).toMillis());
      if (end <= 0 || lookback <= 0) {
        return text(400, end <= 0 ? "endTs <= 0" : "lookback <= 0");
      }
      QueryRequest within =
          QueryRequest.newBuilder().endTs(end).lookback(lookback).limit(Integer.MAX_VALUE).build();
      DependencyLinker linker = new DependencyLinker();
      Set<TraceId> linked = new HashSet<>();
      traces
          .store()
          .search(
              candidates(within, null, 1),
              trace -> {
                List<zipkin2.Span> spans = ZipkinSpans.of(trace.spans());
                if (linked.size() < TRACES_LINKED && within.test(spans) && linked.add(trace.id())) {
                  linker.putTrace(spans);
                }
                return false;
              });
      return Response.ok(
              DependencyLinkBytesEncoder.JSON_V1.encodeList(linker.link()),
              MediaType.APPLICATION_JSON)
          .build();
    } catch (IllegalArgumentException e) {
      return text(400, e.getMessage());
    }
  }

  /** No tag is completed. */
  @GET
  @Path("v2/autocompleteKeys")
  @org.eclipse.microprofile.openapi.annotations.Operation(hidden = true)
  public Response autocompleteKeys() {
    return strings(List.of());
  }

  /** No tag is completed. */
  @GET
  @Path("v2/autocompleteValues")
  @org.eclipse.microprofile.openapi.annotations.Operation(hidden = true)
  public Response autocompleteValues() {
    return strings(List.of());
  }

  private static Response text(int status, @Nullable String message) {
    return Response.status(status).type(MediaType.TEXT_PLAIN).entity(message).build();
  }
}
