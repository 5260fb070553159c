// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.api;

import java.util.List;
import java.util.Map;

/**
 * One finished span, after the OpenTelemetry data model (opentelemetry-proto trace/v1).
 *
 * @param traceIdHigh the first eight bytes of the trace id; zero for 64-bit ids
 * @param traceIdLow the last eight bytes
 * @param spanId not zero
 * @param parentSpanId zero: a root
 * @param startEpochNanos nanoseconds since 1970
 * @param endEpochNanos at least the start
 * @param attributes values are String, Long, Double, Boolean or List of these
 * @param resource of the process, "service.name" among them; values as of attributes
 * @param scope name of the instrumentation; may be empty
 */
public record Span(
    long traceIdHigh,
    long traceIdLow,
    long spanId,
    long parentSpanId,
    String name,
    Kind kind,
    long startEpochNanos,
    long endEpochNanos,
    Map<String, Object> attributes,
    List<Event> events,
    List<Link> links,
    Status status,
    String statusMessage,
    String traceState,
    Map<String, Object> resource,
    String scope) {

  public Span {
    attributes = Map.copyOf(attributes);
    events = List.copyOf(events);
    links = List.copyOf(links);
    resource = Map.copyOf(resource);
  }

  /** 32 hexadecimal digits, lower case. */
  public String traceIdHex() {
    return hex(traceIdHigh) + hex(traceIdLow);
  }

  /** 16 hexadecimal digits, lower case. */
  public String spanIdHex() {
    return hex(spanId);
  }

  private static String hex(long value) {
    return java.util.HexFormat.of().toHexDigits(value);
  }

  /** The resource's "service.name", or "unknown_service". */
  public String serviceName() {
    return resource.get("service.name") instanceof String s ? s : "unknown_service";
  }

  /** Who started the exchange. */
  public enum Kind {
    UNSPECIFIED,
    INTERNAL,
    SERVER,
    CLIENT,
    PRODUCER,
    CONSUMER
  }

  /** The outcome. */
  public enum Status {
    UNSET,
    OK,
    ERROR
  }

  /** Something that happened at one moment. */
  public record Event(long epochNanos, String name, Map<String, Object> attributes) {
    public Event {
      attributes = Map.copyOf(attributes);
    }
  }

  /** A reference to another span. */
  public record Link(
      long traceIdHigh, long traceIdLow, long spanId, Map<String, Object> attributes) {
    public Link {
      attributes = Map.copyOf(attributes);
    }
  }
}
