// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.query;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.telemetry.api.Span;
import io.flotilla.telemetry.store.Trace;
import io.flotilla.telemetry.store.TraceId;
import io.flotilla.telemetry.traceql.Spanset;
import io.flotilla.telemetry.traceql.TraceQl;
import io.flotilla.telemetry.traceql.TraceQlException;
import io.flotilla.telemetry.traceql.TraceQlSeries;
import io.flotilla.telemetry.traceql.Value;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.PathParam;
import jakarta.ws.rs.core.Context;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import jakarta.ws.rs.core.UriInfo;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jspecify.annotations.Nullable;

/**
 * Tempo's HTTP API (grafana/tempo, docs "API"), as Grafana's data source asks it. On its own port
 * the paths begin with {@code /api}. Names and values of tags are those of the latest traces.
 */
@Path("/telemetry/tempo/api")
@RunOnVirtualThread
public class TempoResource {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;
  private static final String PROTOBUF = "application/protobuf";

  /** Whose API is spoken. */
  private static final String VERSION = "2.10.0";

  private static final int TRACES_LOOKED_AT = 1_000;
  private static final int VALUES = 1_000;
  private static final List<String> INTRINSICS =
      List.of(
          "duration",
          "event:name",
          "event:timeSinceStart",
          "instrumentation:name",
          "kind",
          "link:spanID",
          "link:traceID",
          "name",
          "rootName",
          "rootServiceName",
          "span:duration",
          "span:id",
          "span:kind",
          "span:name",
          "span:status",
          "span:statusMessage",
          "status",
          "statusMessage",
          "trace:duration",
          "trace:id",
          "trace:rootName",
          "trace:rootService",
          "traceDuration");

  private final CallersTraces traces;

  TempoResource(CallersTraces traces) {
    this.traces = traces;
  }

  /** How a data source learns that the address is right. */
  @GET
  @Path("echo")
  @Operation(operationId = "tempoEcho", summary = "Answers echo")
  public Response echo() {
    return Response.ok("echo", MediaType.TEXT_PLAIN).build();
  }

  /** The version whose API is spoken. */
  @GET
  @Path("status/buildinfo")
  @Operation(hidden = true)
  public Response buildInfo() {
    return json(
        JSON.objectNode()
            .put("version", VERSION)
            .put("revision", "")
            .put("branch", "")
            .put("buildUser", "")
            .put("buildDate", "")
            .put("goVersion", ""));
  }

  /** One trace, as OTLP's protobuf or as its JSON. */
  @GET
  @Path("traces/{id}")
  @Operation(operationId = "tempoTrace", summary = "One trace by its id, in OTLP")
  public Response trace(@PathParam("id") String id, @Context HttpHeaders headers) {
    return trace(id, headers, false);
  }

  /** The same, in the second version's envelope. */
  @GET
  @Path("v2/traces/{id}")
  @Operation(operationId = "tempoTraceV2", summary = "One trace by its id, in OTLP, version 2")
  public Response traceV2(@PathParam("id") String id, @Context HttpHeaders headers) {
    return trace(id, headers, true);
  }

  private Response trace(String id, HttpHeaders headers, boolean second) {
    Optional<Trace> found;
    try {
      found = traces.store().find(TraceId.parse(id));
    } catch (IllegalArgumentException e) {
      return text(400, e.getMessage());
    }
    if (found.isEmpty()) {
      return text(404, "trace not found");
    }
    String accept = headers.getHeaderString(HttpHeaders.ACCEPT);
    boolean protobuf = accept != null && accept.contains(PROTOBUF);
    return protobuf
        ? Response.ok(TempoTrace.protobuf(found.get(), second), PROTOBUF).build()
        : Response.ok(TempoTrace.json(found.get(), second), MediaType.APPLICATION_JSON).build();
  }

  /** Searches by TraceQL ({@code ?q=}) or by tags ({@code ?tags=k=v}). */
  @GET
  @Path("search")
  @Operation(operationId = "tempoSearch", summary = "Searches traces by TraceQL")
  public Response search(@Context UriInfo uri) {
    TempoParameters parameters = new TempoParameters(uri.getQueryParameters(), Instant.now());
    try {
      TraceQl query = TraceQl.parse(parameters.query());
      if (query.isMetrics()) {
        return text(400, "invalid TraceQL query: metrics are asked by /api/metrics/query_range");
      }
      int limit = parameters.number("limit", 20, 10_000);
      int spans = parameters.number("spss", 3, 1_000);
      long[] looked = new long[1];
      ArrayNode list = JSON.arrayNode();
      for (Trace trace :
          traces
              .store()
              .search(
                  query.candidates(parameters.start(), parameters.end(), limit),
                  candidate -> {
                    looked[0]++;
                    return !query.select(candidate).isEmpty();
                  })) {
        list.add(summary(trace, query, spans));
      }
      ObjectNode answer = JSON.objectNode();
      answer.set("traces", list);
      answer
          .putObject("metrics")
          .put("inspectedTraces", looked[0])
          .put("completedJobs", 1)
          .put("totalJobs", 1);
      return json(answer);
    } catch (TraceQlException e) {
      return text(400, "invalid TraceQL query: " + e.getMessage());
    } catch (IllegalArgumentException e) {
      return text(400, e.getMessage());
    }
  }

  private static ObjectNode summary(Trace trace, TraceQl query, int spansShown) {
    Span first = trace.spans().getFirst();
    Span root = trace.spans().stream().filter(s -> s.parentSpanId() == 0).findFirst().orElse(null);
    long end = trace.spans().stream().mapToLong(Span::endEpochNanos).max().orElse(0);
    ObjectNode node = JSON.objectNode();
    node.put("traceID", trace.id().toString());
    node.put("rootServiceName", root == null ? "<root span not yet received>" : root.serviceName());
    node.put("rootTraceName", root == null ? "" : root.name());
    node.put("startTimeUnixNano", Long.toString(first.startEpochNanos()));
    node.put("durationMs", (end - first.startEpochNanos()) / 1_000_000);
    ArrayNode sets = JSON.arrayNode();
    for (Spanset set : query.select(trace)) {
      sets.add(spanset(set, trace, query, spansShown));
    }
    if (!sets.isEmpty()) {
      node.set("spanSet", sets.get(0));
    }
    node.set("spanSets", sets);
    Map<String, long[]> services = new TreeMap<>();
    for (Span span : trace.spans()) {
      long[] counts = services.computeIfAbsent(span.serviceName(), s -> new long[2]);
      counts[0]++;
      counts[1] += span.status() == Span.Status.ERROR ? 1 : 0;
    }
    ObjectNode stats = node.putObject("serviceStats");
    services.forEach(
        (service, counts) -> {
          ObjectNode of = stats.putObject(service).put("spanCount", counts[0]);
          if (counts[1] > 0) {
            of.put("errorCount", counts[1]);
          }
        });
    return node;
  }

  private static ObjectNode spanset(Spanset set, Trace trace, TraceQl query, int spansShown) {
    ObjectNode node = JSON.objectNode();
    ArrayNode spans = node.putArray("spans");
    for (Span span : set.spans().subList(0, Math.min(spansShown, set.spans().size()))) {
      ObjectNode shown = spans.addObject();
      shown.put("spanID", span.spanIdHex());
      shown.put("name", span.name());
      shown.put("startTimeUnixNano", Long.toString(span.startEpochNanos()));
      shown.put("durationNanos", Long.toString(span.endEpochNanos() - span.startEpochNanos()));
      Map<String, Value> attributes = query.shown(trace, span);
      if (!attributes.isEmpty()) {
        attributes(shown.putArray("attributes"), attributes);
      }
    }
    node.put("matched", set.spans().size());
    if (!set.computed().isEmpty()) {
      attributes(node.putArray("attributes"), set.computed());
    }
    return node;
  }

  private static void attributes(ArrayNode into, Map<String, Value> attributes) {
    attributes.forEach((key, value) -> into.addObject().put("key", key).set("value", any(value)));
  }

  private static ObjectNode any(Value value) {
    ObjectNode node = JSON.objectNode();
    return switch (value) {
      case Value.Number n when n.whole() -> node.put("intValue", Long.toString((long) n.number()));
      case Value.Number n -> node.put("doubleValue", n.number());
      case Value.Truth t -> node.put("boolValue", t.truth());
      default -> node.put("stringValue", value.text());
    };
  }

  /** Names of tags, version 1. */
  @GET
  @Path("search/tags")
  @Operation(operationId = "tempoTags", summary = "Names of tags of the latest traces")
  public Response tags(@Context UriInfo uri) {
    Set<String> all = new TreeSet<>();
    names(uri).values().forEach(all::addAll);
    ObjectNode answer = JSON.objectNode();
    ArrayNode list = answer.putArray("tagNames");
    all.forEach(list::add);
    return json(answer);
  }

  /** Names of tags by scope, version 2. */
  @GET
  @Path("v2/search/tags")
  @Operation(operationId = "tempoTagsV2", summary = "Names of tags by scope")
  public Response tagsV2(@Context UriInfo uri) {
    ObjectNode answer = JSON.objectNode();
    ArrayNode scopes = answer.putArray("scopes");
    names(uri)
        .forEach(
            (scope, of) -> {
              ArrayNode list = scopes.addObject().put("name", scope).putArray("tags");
              of.forEach(list::add);
            });
    return json(answer);
  }

  private Map<String, Set<String>> names(UriInfo uri) {
    String wanted = uri.getQueryParameters().getFirst("scope");
    Map<String, Set<String>> scopes = new LinkedHashMap<>();
    for (String scope : List.of("resource", "span", "event", "link", "intrinsic")) {
      if (wanted == null || wanted.isEmpty() || wanted.equals("none") || wanted.equals(scope)) {
        scopes.put(scope, new TreeSet<>());
      }
    }
    Set<String> none = new HashSet<>();
    for (Trace trace : latest(uri, "{}")) {
      for (Span span : trace.spans()) {
        scopes.getOrDefault("resource", none).addAll(span.resource().keySet());
        scopes.getOrDefault("span", none).addAll(span.attributes().keySet());
        span.events()
            .forEach(e -> scopes.getOrDefault("event", none).addAll(e.attributes().keySet()));
        span.links()
            .forEach(l -> scopes.getOrDefault("link", none).addAll(l.attributes().keySet()));
      }
    }
    scopes.getOrDefault("intrinsic", none).addAll(INTRINSICS);
    return scopes;
  }

  private List<Trace> latest(UriInfo uri, String query) {
    TempoParameters parameters = new TempoParameters(uri.getQueryParameters(), Instant.now());
    try {
      TraceQl parsed = TraceQl.parse(query);
      return traces
          .store()
          .search(
              parsed.candidates(parameters.start(), parameters.end(), TRACES_LOOKED_AT),
              trace -> !parsed.select(trace).isEmpty());
    } catch (TraceQlException e) {
      throw new IllegalArgumentException("invalid TraceQL query: " + e.getMessage(), e);
    }
  }

  /** Values of a tag, version 1. */
  @GET
  @Path("search/tag/{tag}/values")
  @Operation(operationId = "tempoTagValues", summary = "Values of a tag in the latest traces")
  public Response values(@PathParam("tag") String tag, @Context UriInfo uri) {
    return values(field(tag), uri, false);
  }

  /** Values of a tag with their types, version 2; {@code q} narrows the traces. */
  @GET
  @Path("v2/search/tag/{tag}/values")
  @Operation(operationId = "tempoTagValuesV2", summary = "Values of a tag with their types")
  public Response valuesV2(@PathParam("tag") String tag, @Context UriInfo uri) {
    return values(tag, uri, true);
  }

  /** Version 1 names an attribute without its scope, whatever dots it has. */
  private static String field(String tag) {
    return INTRINSICS.contains(tag) ? tag : "." + tag;
  }

  private Response values(String field, UriInfo uri, boolean typed) {
    ObjectNode answer = JSON.objectNode();
    ArrayNode list = answer.putArray("tagValues");
    try {
      String narrowed = uri.getQueryParameters().getFirst("q");
      boolean broken = narrowed == null || narrowed.isBlank();
      TraceQl show = TraceQl.parse("{} | select(" + field + ")");
      Set<Value> seen = new HashSet<>();
      for (Trace trace : latest(uri, broken || narrowed == null ? "{}" : narrowed)) {
        for (Span span : trace.spans()) {
          show.values(trace, span).forEach(value -> add(value, seen, list, typed));
        }
      }
      return json(answer);
    } catch (TraceQlException e) {
      return text(400, "tag '" + field + "' is none: " + e.getMessage());
    } catch (IllegalArgumentException e) {
      return text(400, e.getMessage());
    }
  }

  private static void add(Value value, Set<Value> seen, ArrayNode list, boolean typed) {
    switch (value) {
      case Value.Nil n -> {
        // Nothing to show.
      }
      case Value.Many many -> many.values().forEach(each -> add(each, seen, list, typed));
      default -> {
        if (seen.size() < VALUES && seen.add(value)) {
          if (typed) {
            list.addObject().put("type", type(value)).put("value", value.text());
          } else {
            list.add(value.text());
          }
        }
      }
    }
  }

  private static String type(Value value) {
    return switch (value) {
      case Value.Number n when n.duration() -> "duration";
      case Value.Number n -> n.whole() ? "int" : "float";
      case Value.Truth t -> "bool";
      case Value.StatusValue s -> "keyword";
      case Value.KindValue k -> "keyword";
      default -> "string";
    };
  }

  /** A TraceQL metrics query over time. */
  @GET
  @Path("metrics/query_range")
  @Operation(operationId = "tempoQueryRange", summary = "Series of a TraceQL metrics query")
  public Response queryRange(@Context UriInfo uri) {
    TempoParameters parameters = new TempoParameters(uri.getQueryParameters(), Instant.now());
    return series(parameters, parameters.step(), false);
  }

  /** The same in one step. */
  @GET
  @Path("metrics/query")
  @Operation(operationId = "tempoQueryInstant", summary = "A TraceQL metrics query in one step")
  public Response query(@Context UriInfo uri) {
    TempoParameters parameters = new TempoParameters(uri.getQueryParameters(), Instant.now());
    return series(parameters, parameters.end() - parameters.start(), true);
  }

  private Response series(TempoParameters parameters, long step, boolean instant) {
    try {
      TraceQl query = TraceQl.parse(parameters.query());
      TraceQlSeries series = new TraceQlSeries(query, parameters.start(), parameters.end(), step);
      long[] looked = new long[1];
      Set<TraceId> seen = new HashSet<>();
      traces
          .store()
          .search(
              query.candidates(parameters.start(), parameters.end(), 1),
              trace -> {
                if (seen.add(trace.id())) {
                  looked[0]++;
                  series.add(trace);
                }
                return false;
              });
      ObjectNode answer = JSON.objectNode();
      ArrayNode list = answer.putArray("series");
      for (TraceQlSeries.Series each : series.series()) {
        ObjectNode node = list.addObject();
        attributes(node.putArray("labels"), each.labels());
        node.put("promLabels", promLabels(each.labels()));
        if (instant) {
          node.put("value", each.values()[0]);
          continue;
        }
        ArrayNode samples = node.putArray("samples");
        for (int i = 0; i < each.values().length; i++) {
          if (!Double.isNaN(each.values()[i])) {
            samples
                .addObject()
                .put("timestampMs", Long.toString(series.timeMillis(i)))
                .put("value", each.values()[i]);
          }
        }
      }
      ObjectNode metrics = answer.putObject("metrics").put("inspectedTraces", looked[0]);
      metrics.put("completedJobs", 1).put("totalJobs", 1);
      if (series.leftOut() > 0) {
        answer.put("status", "PARTIAL").put("message", "there are more series than are kept");
      }
      return json(answer);
    } catch (TraceQlException e) {
      return text(400, "invalid TraceQL query: " + e.getMessage());
    } catch (IllegalArgumentException e) {
      return text(400, e.getMessage());
    }
  }

  private static String promLabels(Map<String, Value> labels) {
    List<String> pairs = new ArrayList<>();
    labels.forEach(
        (key, value) -> pairs.add(key + "=\"" + value.text().replace("\"", "\\\"") + "\""));
    return "{" + String.join(", ", pairs) + "}";
  }

  private static Response json(ObjectNode body) {
    return Response.ok(body, MediaType.APPLICATION_JSON).build();
  }

  private static Response text(int status, @Nullable String message) {
    return Response.status(status).type(MediaType.TEXT_PLAIN).entity(message).build();
  }
}
