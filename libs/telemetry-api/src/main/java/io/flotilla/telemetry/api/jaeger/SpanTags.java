// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.api.jaeger;

import io.flotilla.telemetry.api.Span;
import java.util.Locale;
import java.util.function.BiConsumer;

/**
 * What a span's tags are to Jaeger: its attributes, and what OpenTelemetry keeps in fields of its
 * own. Traces are written and searched by these.
 */
public final class SpanTags {
  private SpanTags() {}

  /** The tags that Jaeger's form needs beside the attributes; values as of attributes. */
  public static void ofFields(Span span, BiConsumer<String, Object> tag) {
    if (span.kind() != Span.Kind.UNSPECIFIED) {
      tag.accept("span.kind", span.kind().name().toLowerCase(Locale.ROOT));
    }
    if (!span.scope().isEmpty()) {
      tag.accept("otel.scope.name", span.scope());
    }
    if (span.status() != Span.Status.UNSET) {
      tag.accept("otel.status_code", span.status().name());
    }
    if (!span.statusMessage().isEmpty()) {
      tag.accept("otel.status_description", span.statusMessage());
    }
    if (span.status() == Span.Status.ERROR && !span.attributes().containsKey("error")) {
      tag.accept("error", true);
    }
    if (!span.traceState().isEmpty()) {
      tag.accept("w3c.tracestate", span.traceState());
    }
  }

  /** All that a search by tag looks at: span, process and log fields. */
  public static void searchable(Span span, BiConsumer<String, Object> tag) {
    span.attributes().forEach(tag);
    ofFields(span, tag);
    span.resource()
        .forEach(
            (key, value) -> {
              if (!key.equals("service.name")) {
                tag.accept(key, value);
              }
            });
    for (Span.Event event : span.events()) {
      tag.accept("event", event.name());
      event.attributes().forEach(tag);
    }
  }
}
