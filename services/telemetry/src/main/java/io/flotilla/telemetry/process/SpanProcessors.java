// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.process;

import com.google.re2j.Matcher;
import com.google.re2j.Pattern;
import io.flotilla.regex.BoundedRegex;
import io.flotilla.regex.InvalidRegexException;
import io.flotilla.telemetry.TelemetryConfig;
import io.flotilla.telemetry.api.Span;
import io.flotilla.telemetry.store.Trace;
import io.flotilla.telemetry.store.TraceId;
import io.flotilla.telemetry.traceql.TraceQl;
import io.flotilla.telemetry.traceql.TraceQlException;
import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * The processors of the OpenTelemetry Collector that change or drop single spans, in this order:
 * filter (spans that a TraceQL filter selects are dropped), attributes (keys that are deleted, keys
 * that are set on every resource), redaction (what a pattern finds in texts is masked). With
 * nothing configured, spans pass untouched.
 */
@ApplicationScoped
public class SpanProcessors {
  private static final String MASK = "****";

  private final List<TraceQl> drops;
  private final Set<String> deletes;
  private final Map<String, String> resource;
  private final List<Pattern> redactions;
  private final Counter dropped;
  private final Counter redacted;

  @Inject
  SpanProcessors(TelemetryConfig config, MeterRegistry metrics) {
    this(
        config.process().drop().orElse(List.of()),
        Set.copyOf(config.process().deleteAttributes().orElse(List.of())),
        config.process().resource(),
        config.process().redact().orElse(List.of()),
        metrics);
  }

  /**
   * Processors.
   *
   * @throws IllegalArgumentException naming the filter or pattern that is none
   */
  public SpanProcessors(
      List<String> drop,
      Set<String> deletes,
      Map<String, String> resource,
      List<String> redact,
      MeterRegistry metrics) {
    this.drops = drop.stream().map(SpanProcessors::filter).toList();
    this.deletes = deletes;
    this.resource = Map.copyOf(resource);
    this.redactions = redact.stream().map(SpanProcessors::pattern).toList();
    this.dropped = metrics.counter("flotilla_telemetry_spans_filtered");
    this.redacted = metrics.counter("flotilla_telemetry_values_redacted");
  }

  private static TraceQl filter(String text) {
    try {
      return TraceQl.parse(text);
    } catch (TraceQlException e) {
      throw new IllegalArgumentException(
          "flotilla.telemetry.process.drop has '" + text + "': " + e.getMessage(), e);
    }
  }

  private static Pattern pattern(String text) {
    try {
      return BoundedRegex.compile(text);
    } catch (InvalidRegexException e) {
      throw new IllegalArgumentException(
          "flotilla.telemetry.process.redact has '" + text + "': " + e.getMessage(), e);
    }
  }

  /** The spans that are kept, as they are kept. */
  public List<Span> process(List<Span> spans) {
    boolean changes = !deletes.isEmpty() || !resource.isEmpty() || !redactions.isEmpty();
    if (drops.isEmpty() && !changes) {
      return spans;
    }
    // Spans of one process share their resource, and go on doing so.
    Map<Map<String, Object>, Map<String, Object>> resources = new HashMap<>();
    List<Span> kept = new ArrayList<>(spans.size());
    for (Span span : spans) {
      if (isDropped(span)) {
        dropped.increment();
      } else {
        kept.add(changes ? changed(span, resources) : span);
      }
    }
    return kept;
  }

  private boolean isDropped(Span span) {
    for (TraceQl drop : drops) {
      if (!drop.select(new Trace(TraceId.of(span), List.of(span))).isEmpty()) {
        return true;
      }
    }
    return false;
  }

  private Span changed(Span span, Map<Map<String, Object>, Map<String, Object>> resources) {
    return new Span(
        span.traceIdHigh(),
        span.traceIdLow(),
        span.spanId(),
        span.parentSpanId(),
        text(span.name()),
        span.kind(),
        span.startEpochNanos(),
        span.endEpochNanos(),
        attributes(span.attributes()),
        span.events().stream()
            .map(e -> new Span.Event(e.epochNanos(), text(e.name()), attributes(e.attributes())))
            .toList(),
        span.links().stream()
            .map(
                l ->
                    new Span.Link(
                        l.traceIdHigh(), l.traceIdLow(), l.spanId(), attributes(l.attributes())))
            .toList(),
        span.status(),
        text(span.statusMessage()),
        span.traceState(),
        resources.computeIfAbsent(span.resource(), this::resource),
        span.scope());
  }

  private Map<String, Object> resource(Map<String, Object> held) {
    Map<String, Object> changed = new HashMap<>(attributes(held));
    changed.putAll(resource);
    return Map.copyOf(changed);
  }

  private Map<String, Object> attributes(Map<String, Object> held) {
    Map<String, Object> kept = HashMap.newHashMap(held.size());
    held.forEach(
        (key, value) -> {
          if (!deletes.contains(key)) {
            kept.put(key, value(value));
          }
        });
    return kept;
  }

  private Object value(Object value) {
    return switch (value) {
      case String text -> text(text);
      case List<?> list -> list.stream().<Object>map(this::value).toList();
      default -> value;
    };
  }

  private String text(String text) {
    String masked = text;
    for (Pattern pattern : redactions) {
      Matcher matcher = pattern.matcher(masked);
      if (matcher.find()) {
        redacted.increment();
        masked = matcher.replaceAll(MASK);
      }
    }
    return masked;
  }
}
