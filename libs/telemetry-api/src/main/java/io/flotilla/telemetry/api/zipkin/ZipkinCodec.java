// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.api.zipkin;

import com.fasterxml.jackson.databind.JsonNode;
import io.flotilla.telemetry.api.Span;
import io.flotilla.telemetry.api.otlp.Decoded;
import io.flotilla.telemetry.api.otlp.MalformedSpansException;
import io.flotilla.telemetry.api.otlp.SpanAssembly;
import io.flotilla.telemetry.api.otlp.SpanLimits;
import io.flotilla.telemetry.api.otlp.internal.OtlpJson;
import io.flotilla.telemetry.api.zipkin.internal.ZipkinLists;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * Lists of Zipkin's spans, v1 and v2, to our spans. A server span that shares its id with its
 * caller's gets an id of its own beneath it, since our model gives each span one id. Endpoints
 * become OpenTelemetry's attributes: the local service name is the resource's "service.name", the
 * remote one is "peer.service".
 */
public final class ZipkinCodec {
  private final SpanLimits limits;

  public ZipkinCodec(SpanLimits limits) {
    this.limits = limits;
  }

  /**
   * The spans of a body. In v2 JSON a bad span is left out alone; the other forms stand or fall as
   * a whole, as Zipkin's own library reads them.
   *
   * @throws MalformedSpansException if it is not a list of this form
   */
  public Decoded decode(byte[] body, ZipkinFormat format) throws MalformedSpansException {
    if (format == ZipkinFormat.JSON_V2) {
      return decode(body);
    }
    SpanAssembly assembly = new SpanAssembly(limits);
    ZipkinLists.read(body, format, assembly);
    return assembly.decoded();
  }

  /**
   * The spans of a body in v2 JSON.
   *
   * @throws MalformedSpansException if it is not a JSON array
   */
  public Decoded decode(byte[] body) throws MalformedSpansException {
    JsonNode root = OtlpJson.parse(body);
    if (!root.isArray()) {
      throw new MalformedSpansException("The body is not a JSON array of Zipkin v2 spans.");
    }
    SpanAssembly assembly = new SpanAssembly(limits);
    for (JsonNode span : root) {
      decode(span, assembly);
    }
    return assembly.decoded();
  }

  private static void decode(JsonNode span, SpanAssembly into) {
    try {
      String trace = span.path("traceId").asText("");
      if (trace.isEmpty() || trace.length() > 32) {
        into.refuse("a span has no traceId of 16 or 32 hexadecimal digits");
        return;
      }
      int split = Math.max(0, trace.length() - 16);
      long id = hex(span.path("id").asText(""));
      long parent = hex(span.path("parentId").asText(""));
      if (span.path("shared").asBoolean() && id != 0) {
        parent = id;
        id = ZipkinLists.idOfShared(id);
      }
      long start = Math.multiplyExact(span.path("timestamp").asLong(0), 1_000L);
      long end = Math.addExact(start, Math.multiplyExact(span.path("duration").asLong(0), 1_000L));
      Map<String, Object> attributes = into.attributes();
      span.path("tags")
          .properties()
          .forEach(tag -> into.put(attributes, tag.getKey(), into.text(tag.getValue().asText())));
      JsonNode remote = span.path("remoteEndpoint");
      peer(attributes, "peer.service", remote.path("serviceName"), into);
      peer(attributes, "network.peer.address", remote.path("ipv4"), into);
      peer(attributes, "network.peer.address", remote.path("ipv6"), into);
      if (remote.path("port").asInt() > 0) {
        into.put(attributes, "network.peer.port", remote.path("port").asLong());
      }
      if (span.path("debug").asBoolean()) {
        into.put(attributes, "zipkin.debug", true);
      }
      boolean error = span.path("tags").has("error");
      into.add(
          new Span(
              split == 0 ? 0 : hex(trace.substring(0, split)),
              hex(trace.substring(split)),
              id,
              parent,
              into.text(span.path("name").asText("")),
              kind(span.path("kind").asText("")),
              start,
              Math.max(start, end),
              attributes,
              annotations(span.path("annotations"), into),
              List.of(),
              error ? Span.Status.ERROR : Span.Status.UNSET,
              error ? into.text(span.path("tags").path("error").asText()) : "",
              "",
              resource(span.path("localEndpoint"), into),
              ""));
    } catch (ArithmeticException | NumberFormatException e) {
      into.refuse("a span has an id or a time that is out of range");
    }
  }

  private static void peer(
      Map<String, Object> attributes, String key, JsonNode value, SpanAssembly into) {
    if (value.isTextual() && !value.asText().isEmpty()) {
      into.put(attributes, key, into.text(value.asText()));
    }
  }

  private static Map<String, Object> resource(JsonNode local, SpanAssembly into) {
    Map<String, Object> resource = new HashMap<>();
    peer(resource, "service.name", local.path("serviceName"), into);
    peer(resource, "host.ip", local.path("ipv4"), into);
    peer(resource, "host.ip", local.path("ipv6"), into);
    if (local.path("port").asInt() > 0) {
      into.put(resource, "network.local.port", local.path("port").asLong());
    }
    return resource;
  }

  private static List<Span.Event> annotations(JsonNode annotations, SpanAssembly into) {
    List<Span.Event> events = new ArrayList<>();
    for (JsonNode annotation : annotations) {
      if (events.size() == into.limits().events()) {
        into.trim();
        break;
      }
      events.add(
          new Span.Event(
              Math.multiplyExact(annotation.path("timestamp").asLong(0), 1_000L),
              into.text(annotation.path("value").asText("")),
              Map.of()));
    }
    return events;
  }

  private static Span.Kind kind(String name) {
    return switch (name.toUpperCase(Locale.ROOT)) {
      case "CLIENT" -> Span.Kind.CLIENT;
      case "SERVER" -> Span.Kind.SERVER;
      case "PRODUCER" -> Span.Kind.PRODUCER;
      case "CONSUMER" -> Span.Kind.CONSUMER;
      default -> Span.Kind.UNSPECIFIED;
    };
  }

  private static long hex(String digits) {
    return digits.isEmpty() ? 0 : Long.parseUnsignedLong(digits, 16);
  }
}
