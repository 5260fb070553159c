// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.api.otlp.internal;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.flotilla.telemetry.api.Span;
import io.flotilla.telemetry.api.otlp.MalformedSpansException;
import io.flotilla.telemetry.api.otlp.SpanAssembly;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * OTLP's JSON encoding (opentelemetry-proto docs/specification.md, "JSON Protobuf Encoding"):
 * lowerCamelCase names, ids in hexadecimal, enums as numbers, 64-bit integers as decimal strings or
 * numbers; unknown fields are ignored. Enum names are understood too, since senders exist that
 * write them.
 */
public final class OtlpJson {
  private static final ObjectMapper JSON =
      new ObjectMapper(
          JsonFactory.builder()
              .streamReadConstraints(
                  StreamReadConstraints.builder()
                      .maxNestingDepth(64)
                      .maxStringLength(4 << 20)
                      .maxNumberLength(64)
                      .maxNameLength(4096)
                      .build())
              .build());

  private OtlpJson() {}

  /**
   * All spans of the request, in its order.
   *
   * @throws MalformedSpansException if it is no JSON object, or nested too deep
   */
  public static void decode(byte[] json, SpanAssembly into) throws MalformedSpansException {
    JsonNode root = parse(json);
    if (!root.isObject()) {
      throw new MalformedSpansException(
          "The body is not an OTLP request: a JSON object with resourceSpans is expected.");
    }
    for (JsonNode resourceSpans : root.path("resourceSpans")) {
      Map<String, Object> resource =
          Map.copyOf(attributes(resourceSpans.path("resource").path("attributes"), into));
      for (JsonNode scopeSpans : resourceSpans.path("scopeSpans")) {
        String scope = into.text(scopeSpans.path("scope").path("name").asText(""));
        for (JsonNode span : scopeSpans.path("spans")) {
          decode(span, resource, scope, into);
        }
      }
    }
  }

  /** Parses JSON of a peer under this codec's bounds. */
  public static JsonNode parse(byte[] json) throws MalformedSpansException {
    try {
      return JSON.readTree(json);
    } catch (JsonProcessingException e) {
      throw new MalformedSpansException(
          "The body is not valid JSON: "
              + e.getOriginalMessage()
              + (e.getLocation() == null
                  ? ""
                  : " (line "
                      + e.getLocation().getLineNr()
                      + ", column "
                      + e.getLocation().getColumnNr()
                      + ")"));
    } catch (IOException e) {
      throw new MalformedSpansException("The body cannot be read: " + e.getMessage());
    }
  }

  private static void decode(
      JsonNode span, Map<String, Object> resource, String scope, SpanAssembly into) {
    try {
      String trace = span.path("traceId").asText("");
      long start = number(span.path("startTimeUnixNano"));
      into.add(
          new Span(
              trace.length() == 32 ? hex(trace.substring(0, 16)) : 0,
              trace.length() == 32 ? hex(trace.substring(16)) : 0,
              hex(span.path("spanId").asText("")),
              hex(span.path("parentSpanId").asText("")),
              into.text(span.path("name").asText("")),
              kind(span.path("kind")),
              start,
              Math.max(start, number(span.path("endTimeUnixNano"))),
              attributes(span.path("attributes"), into),
              events(span.path("events"), into),
              links(span.path("links"), into),
              status(span.path("status").path("code")),
              into.text(span.path("status").path("message").asText("")),
              into.text(span.path("traceState").asText("")),
              resource,
              scope));
    } catch (NumberFormatException e) {
      into.refuse("a span has an id or a time that is no number: " + cut(e.getMessage()));
    }
  }

  private static String cut(@Nullable String text) {
    return text == null ? "" : text.length() <= 80 ? text : text.substring(0, 80) + "...";
  }

  private static long hex(String digits) {
    if (digits.isEmpty()) {
      return 0;
    }
    if (digits.length() != 16) {
      throw new NumberFormatException("'" + digits + "' is not 16 hexadecimal digits");
    }
    return Long.parseUnsignedLong(digits, 16);
  }

  private static long number(JsonNode node) {
    return node.isNumber()
        ? node.asLong()
        : node.isTextual() ? Long.parseUnsignedLong(node.asText()) : 0;
  }

  private static Span.Kind kind(JsonNode node) {
    if (node.isTextual()) {
      String name = node.asText().toUpperCase(Locale.ROOT).replace("SPAN_KIND_", "");
      for (Span.Kind kind : Span.Kind.values()) {
        if (kind.name().equals(name)) {
          return kind;
        }
      }
    }
    return OtlpProtobuf.kind(node.asInt(0));
  }

  private static Span.Status status(JsonNode node) {
    if (node.isTextual()) {
      String name = node.asText().toUpperCase(Locale.ROOT).replace("STATUS_CODE_", "");
      for (Span.Status status : Span.Status.values()) {
        if (status.name().equals(name)) {
          return status;
        }
      }
    }
    return OtlpProtobuf.status(node.asInt(0));
  }

  private static List<Span.Event> events(JsonNode events, SpanAssembly into) {
    List<Span.Event> decoded = new ArrayList<>();
    for (JsonNode event : events) {
      if (decoded.size() == into.limits().events()) {
        into.trim();
        break;
      }
      decoded.add(
          new Span.Event(
              number(event.path("timeUnixNano")),
              into.text(event.path("name").asText("")),
              attributes(event.path("attributes"), into)));
    }
    return decoded;
  }

  private static List<Span.Link> links(JsonNode links, SpanAssembly into) {
    List<Span.Link> decoded = new ArrayList<>();
    for (JsonNode link : links) {
      if (decoded.size() == into.limits().links()) {
        into.trim();
        break;
      }
      String trace = link.path("traceId").asText("");
      if (trace.length() == 32) {
        decoded.add(
            new Span.Link(
                hex(trace.substring(0, 16)),
                hex(trace.substring(16)),
                hex(link.path("spanId").asText("")),
                attributes(link.path("attributes"), into)));
      }
    }
    return decoded;
  }

  private static Map<String, Object> attributes(JsonNode pairs, SpanAssembly into) {
    Map<String, Object> attributes = into.attributes();
    for (JsonNode pair : pairs) {
      into.put(attributes, pair.path("key").asText(""), value(pair.path("value"), into, 0));
    }
    return attributes;
  }

  private static @Nullable Object value(JsonNode any, SpanAssembly into, int depth) {
    if (any.has("stringValue")) {
      return into.text(any.get("stringValue").asText());
    }
    if (any.has("boolValue")) {
      return any.get("boolValue").asBoolean();
    }
    if (any.has("intValue")) {
      JsonNode number = any.get("intValue");
      return number.isTextual() ? Long.parseLong(number.asText()) : (Object) number.asLong();
    }
    if (any.has("doubleValue")) {
      JsonNode number = any.get("doubleValue");
      return number.isTextual() ? parseDouble(number.asText()) : (Object) number.asDouble();
    }
    if (any.has("bytesValue")) {
      return into.text(any.get("bytesValue").asText());
    }
    if (depth >= into.limits().depth()) {
      into.trim();
      return null;
    }
    if (any.has("arrayValue")) {
      List<Object> list = new ArrayList<>();
      for (JsonNode element : any.get("arrayValue").path("values")) {
        if (list.size() == into.limits().attributes()) {
          into.trim();
          break;
        }
        Object decoded = value(element, into, depth + 1);
        if (decoded != null) {
          list.add(decoded);
        }
      }
      return List.copyOf(list);
    }
    if (any.has("kvlistValue")) {
      Map<String, Object> nested = new LinkedHashMap<>();
      for (JsonNode pair : any.get("kvlistValue").path("values")) {
        into.put(nested, pair.path("key").asText(""), value(pair.path("value"), into, depth + 1));
      }
      return into.text(text(nested));
    }
    return null;
  }

  private static double parseDouble(String text) {
    return switch (text) {
      case "NaN" -> Double.NaN;
      case "Infinity" -> Double.POSITIVE_INFINITY;
      case "-Infinity" -> Double.NEGATIVE_INFINITY;
      default -> Double.parseDouble(text);
    };
  }

  /** A nested value as JSON text, the form in which a span keeps it. */
  static String text(Object nested) {
    try {
      return JSON.writeValueAsString(nested);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a map of plain values is always JSON", e);
    }
  }

  /** The request in JSON. */
  public static byte[] encode(List<Span> spans) {
    Map<Map<String, Object>, Map<String, List<Span>>> grouped = new LinkedHashMap<>();
    for (Span span : spans) {
      grouped
          .computeIfAbsent(span.resource(), r -> new LinkedHashMap<>())
          .computeIfAbsent(span.scope(), s -> new ArrayList<>())
          .add(span);
    }
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(256 + 512 * spans.size());
    try (JsonGenerator out = JSON.createGenerator(bytes)) {
      out.writeStartObject();
      out.writeArrayFieldStart("resourceSpans");
      for (Map.Entry<Map<String, Object>, Map<String, List<Span>>> entry : grouped.entrySet()) {
        out.writeStartObject();
        out.writeObjectFieldStart("resource");
        write(out, entry.getKey());
        out.writeEndObject();
        out.writeArrayFieldStart("scopeSpans");
        for (Map.Entry<String, List<Span>> scope : entry.getValue().entrySet()) {
          out.writeStartObject();
          out.writeObjectFieldStart("scope");
          out.writeStringField("name", scope.getKey());
          out.writeEndObject();
          out.writeArrayFieldStart("spans");
          for (Span span : scope.getValue()) {
            write(out, span);
          }
          out.writeEndArray();
          out.writeEndObject();
        }
        out.writeEndArray();
        out.writeEndObject();
      }
      out.writeEndArray();
      out.writeEndObject();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static void write(JsonGenerator out, Span span) throws IOException {
    out.writeStartObject();
    out.writeStringField("traceId", span.traceIdHex());
    out.writeStringField("spanId", span.spanIdHex());
    if (span.parentSpanId() != 0) {
      out.writeStringField("parentSpanId", digits(span.parentSpanId()));
    }
    out.writeStringField("name", span.name());
    out.writeNumberField("kind", span.kind().ordinal());
    out.writeStringField("startTimeUnixNano", Long.toUnsignedString(span.startEpochNanos()));
    out.writeStringField("endTimeUnixNano", Long.toUnsignedString(span.endEpochNanos()));
    if (!span.traceState().isEmpty()) {
      out.writeStringField("traceState", span.traceState());
    }
    write(out, span.attributes());
    out.writeArrayFieldStart("events");
    for (Span.Event event : span.events()) {
      out.writeStartObject();
      out.writeStringField("timeUnixNano", Long.toUnsignedString(event.epochNanos()));
      out.writeStringField("name", event.name());
      write(out, event.attributes());
      out.writeEndObject();
    }
    out.writeEndArray();
    out.writeArrayFieldStart("links");
    for (Span.Link link : span.links()) {
      out.writeStartObject();
      out.writeStringField("traceId", digits(link.traceIdHigh()) + digits(link.traceIdLow()));
      out.writeStringField("spanId", digits(link.spanId()));
      write(out, link.attributes());
      out.writeEndObject();
    }
    out.writeEndArray();
    out.writeObjectFieldStart("status");
    out.writeNumberField("code", span.status().ordinal());
    if (!span.statusMessage().isEmpty()) {
      out.writeStringField("message", span.statusMessage());
    }
    out.writeEndObject();
    out.writeEndObject();
  }

  private static String digits(long id) {
    return java.util.HexFormat.of().toHexDigits(id);
  }

  private static void write(JsonGenerator out, Map<String, Object> attributes) throws IOException {
    out.writeArrayFieldStart("attributes");
    for (Map.Entry<String, Object> attribute : attributes.entrySet()) {
      out.writeStartObject();
      out.writeStringField("key", attribute.getKey());
      out.writeFieldName("value");
      write(out, attribute.getValue());
      out.writeEndObject();
    }
    out.writeEndArray();
  }

  private static void write(JsonGenerator out, Object value) throws IOException {
    out.writeStartObject();
    switch (value) {
      case Long l -> out.writeStringField("intValue", l.toString());
      case Integer i -> out.writeStringField("intValue", i.toString());
      case Boolean b -> out.writeBooleanField("boolValue", b);
      case Double d -> {
        if (Double.isFinite(d)) {
          out.writeNumberField("doubleValue", d);
        } else {
          out.writeStringField("doubleValue", d.toString());
        }
      }
      case List<?> list -> {
        out.writeObjectFieldStart("arrayValue");
        out.writeArrayFieldStart("values");
        for (Object element : list) {
          write(out, element);
        }
        out.writeEndArray();
        out.writeEndObject();
      }
      default -> out.writeStringField("stringValue", value.toString());
    }
    out.writeEndObject();
  }
}
