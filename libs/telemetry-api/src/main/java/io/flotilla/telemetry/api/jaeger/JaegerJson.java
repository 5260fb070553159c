// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.api.jaeger;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.telemetry.api.Span;
import java.util.Comparator;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes one trace in Jaeger's JSON. What OpenTelemetry has and Jaeger lacks becomes tags, by the
 * names of the OpenTelemetry specification ("OpenTelemetry to Jaeger Transformation"): {@code
 * span.kind}, {@code otel.status_code}, {@code otel.status_description}, {@code error}, {@code
 * otel.scope.name}, {@code w3c.tracestate}. Times are microseconds; tags are sorted by key.
 */
public final class JaegerJson {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private JaegerJson() {}

  /** A trace id as Jaeger writes it: 32 hexadecimal digits, or 16 where the first half is zero. */
  public static String traceId(long high, long low) {
    HexFormat hex = HexFormat.of();
    return high == 0 ? hex.toHexDigits(low) : hex.toHexDigits(high) + hex.toHexDigits(low);
  }

  /** The trace of these spans, which share one trace id; at least one. */
  public static ObjectNode trace(List<Span> spans) {
    Map<Map<String, Object>, String> processes = new LinkedHashMap<>();
    ObjectNode trace = JSON.objectNode();
    Span first = spans.getFirst();
    trace.put("traceID", traceId(first.traceIdHigh(), first.traceIdLow()));
    ArrayNode list = trace.putArray("spans");
    for (Span span : spans) {
      list.add(
          span(
              span, processes.computeIfAbsent(span.resource(), r -> "p" + (processes.size() + 1))));
    }
    ObjectNode described = trace.putObject("processes");
    processes.forEach((resource, id) -> described.set(id, process(resource)));
    trace.putNull("warnings");
    return trace;
  }

  private static ObjectNode span(Span span, String process) {
    ObjectNode node = JSON.objectNode();
    String traceId = traceId(span.traceIdHigh(), span.traceIdLow());
    node.put("traceID", traceId);
    node.put("spanID", span.spanIdHex());
    node.put("operationName", span.name());
    ArrayNode references = node.putArray("references");
    if (span.parentSpanId() != 0) {
      reference(references, "CHILD_OF", traceId, span.parentSpanId());
    }
    for (Span.Link link : span.links()) {
      reference(
          references,
          "FOLLOWS_FROM",
          traceId(link.traceIdHigh(), link.traceIdLow()),
          link.spanId());
    }
    node.put("startTime", micros(span.startEpochNanos()));
    node.put("duration", micros(span.endEpochNanos() - span.startEpochNanos()));
    ArrayNode tags = node.putArray("tags");
    tags(tags, span.attributes());
    SpanTags.ofFields(span, (key, value) -> tag(tags, key, value));
    ArrayNode logs = node.putArray("logs");
    for (Span.Event event : span.events()) {
      ObjectNode log = logs.addObject();
      log.put("timestamp", micros(event.epochNanos()));
      ArrayNode fields = log.putArray("fields");
      if (!event.name().isEmpty() && !event.attributes().containsKey("event")) {
        tag(fields, "event", event.name());
      }
      tags(fields, event.attributes());
    }
    node.put("processID", process);
    node.putNull("warnings");
    return node;
  }

  private static ObjectNode process(Map<String, Object> resource) {
    ObjectNode process = JSON.objectNode();
    process.put(
        "serviceName", resource.get("service.name") instanceof String s ? s : "unknown_service");
    ArrayNode tags = process.putArray("tags");
    resource.entrySet().stream()
        .filter(e -> !e.getKey().equals("service.name"))
        .sorted(Map.Entry.comparingByKey())
        .forEach(e -> tag(tags, e.getKey(), e.getValue()));
    return process;
  }

  private static void reference(ArrayNode references, String type, String traceId, long span) {
    ObjectNode reference = references.addObject();
    reference.put("refType", type);
    reference.put("traceID", traceId);
    reference.put("spanID", HexFormat.of().toHexDigits(span));
  }

  private static void tags(ArrayNode tags, Map<String, Object> attributes) {
    attributes.entrySet().stream()
        .sorted(Comparator.comparing(Map.Entry<String, Object>::getKey))
        .forEach(e -> tag(tags, e.getKey(), e.getValue()));
  }

  private static void tag(ArrayNode tags, String key, Object value) {
    ObjectNode tag = tags.addObject();
    tag.put("key", key);
    switch (value) {
      case Boolean b -> tag.put("type", "bool").put("value", b);
      case Long l -> tag.put("type", "int64").put("value", l);
      case Double d when Double.isFinite(d) -> tag.put("type", "float64").put("value", d);
      default -> tag.put("type", "string").put("value", text(value));
    }
  }

  /** The text of an attribute's value, as tags show it and searches compare it. */
  public static String text(Object value) {
    if (value instanceof List<?> list) {
      ArrayNode array = JSON.arrayNode();
      for (Object element : list) {
        switch (element) {
          case Boolean b -> array.add(b);
          case Long l -> array.add(l);
          case Double d when Double.isFinite(d) -> array.add(d);
          default -> array.add(text(element));
        }
      }
      return array.toString();
    }
    return value.toString();
  }

  private static long micros(long nanos) {
    return nanos / 1_000;
  }
}
