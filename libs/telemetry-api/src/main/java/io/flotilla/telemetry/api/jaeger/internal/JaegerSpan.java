// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.api.jaeger.internal;

import io.flotilla.telemetry.api.Span;
import io.flotilla.telemetry.api.otlp.SpanAssembly;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/**
 * One Jaeger span while it is read, whatever its wire form. Tags that stand for fields of
 * OpenTelemetry's span (the inverse of {@code SpanTags}) become these fields; the first reference
 * CHILD_OF within the trace is the parent, every other reference a link; a log's field "event" is
 * the event's name. Times enter in nanoseconds.
 */
final class JaegerSpan {
  private final SpanAssembly into;
  private final Map<String, Object> attributes;
  private final List<Span.Event> events = new ArrayList<>();
  private final List<Span.Link> links = new ArrayList<>();

  long traceIdHigh;
  long traceIdLow;
  long spanId;
  long parentSpanId;
  String name = "";
  long start;
  long duration;

  private record Reference(boolean childOf, long high, long low, long spanId) {}

  private final List<Reference> references = new ArrayList<>(1);
  private Span.Kind kind = Span.Kind.UNSPECIFIED;
  private Span.Status status = Span.Status.UNSET;
  private boolean error;
  private String statusMessage = "";
  private String traceState = "";
  private String scope = "";

  JaegerSpan(SpanAssembly into) {
    this.into = into;
    this.attributes = into.attributes();
  }

  void tag(String key, Object value) {
    switch (key) {
      case "span.kind" -> kind(value.toString());
      case "otel.status_code" -> status(value.toString());
      case "otel.status_description" -> statusMessage = value.toString();
      case "otel.scope.name", "otel.library.name" -> scope = value.toString();
      case "w3c.tracestate" -> traceState = value.toString();
      case "error" -> {
        if (value.equals(Boolean.TRUE) || "true".equals(value)) {
          error = true;
        } else {
          into.put(attributes, key, value);
        }
      }
      default -> into.put(attributes, key, value);
    }
  }

  private void kind(String text) {
    for (Span.Kind known : Span.Kind.values()) {
      if (known.name().equals(text.toUpperCase(Locale.ROOT))) {
        kind = known;
        return;
      }
    }
    into.put(attributes, "span.kind", text);
  }

  private void status(String text) {
    switch (text.toUpperCase(Locale.ROOT)) {
      case "OK" -> status = Span.Status.OK;
      case "ERROR" -> status = Span.Status.ERROR;
      default -> {
        // UNSET, or a word that nobody defined: the field's own default says it.
      }
    }
  }

  void reference(boolean childOf, long high, long low, long id) {
    if (references.size() > into.limits().links()) {
      into.trim();
    } else {
      references.add(new Reference(childOf, high, low, id));
    }
  }

  void log(long epochNanos, Map<String, Object> fields) {
    if (events.size() == into.limits().events()) {
      into.trim();
      return;
    }
    Object event = fields.remove("event");
    events.add(new Span.Event(epochNanos, event == null ? "" : event.toString(), fields));
  }

  /** Adds the finished span; one whose times are out of range is refused. */
  void addWith(Map<String, Object> resource) {
    for (Reference reference : references) {
      boolean sameTrace = reference.low == traceIdLow && reference.high == traceIdHigh;
      if (parentSpanId == 0 && reference.childOf && sameTrace) {
        parentSpanId = reference.spanId;
      } else if (!reference.childOf || !sameTrace || reference.spanId != parentSpanId) {
        links.add(new Span.Link(reference.high, reference.low, reference.spanId, Map.of()));
      }
    }
    long end;
    try {
      end = Math.addExact(start, Math.max(0, duration));
    } catch (ArithmeticException e) {
      into.refuse("a span has a duration that is out of range");
      return;
    }
    into.add(
        new Span(
            traceIdHigh,
            traceIdLow,
            spanId,
            parentSpanId,
            name,
            kind,
            start,
            end,
            attributes,
            events,
            links,
            status == Span.Status.UNSET && error ? Span.Status.ERROR : status,
            statusMessage,
            traceState,
            resource,
            scope));
  }
}
