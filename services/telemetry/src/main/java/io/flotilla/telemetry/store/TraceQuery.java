// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.store;

import io.flotilla.telemetry.api.Span;
import io.flotilla.telemetry.api.jaeger.JaegerJson;
import io.flotilla.telemetry.api.jaeger.SpanTags;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Which traces are wanted: those with one span that meets every condition, as Jaeger's stores have
 * it.
 *
 * @param service null: any
 * @param operation null: any
 * @param tags compared as text with the tags of span, process and logs
 * @param startEpochNanos the earliest start of the span
 * @param endEpochNanos the latest start of the span
 * @param minNanos the span's shortest duration
 * @param maxNanos the span's longest duration
 * @param limit traces at most, the latest ones
 */
public record TraceQuery(
    @Nullable String service,
    @Nullable String operation,
    Map<String, String> tags,
    long startEpochNanos,
    long endEpochNanos,
    long minNanos,
    long maxNanos,
    int limit) {

  public TraceQuery {
    tags = Map.copyOf(tags);
    if (limit < 1) {
      throw new IllegalArgumentException(
          "the limit of a search must be 1 or more, but is " + limit);
    }
  }

  /** Every trace, the latest {@code limit} ones. */
  public static TraceQuery latest(int limit) {
    return new TraceQuery(
        null, null, Map.of(), Long.MIN_VALUE, Long.MAX_VALUE, 0, Long.MAX_VALUE, limit);
  }

  /** Whether this span alone meets every condition. */
  public boolean matches(Span span) {
    long duration = span.endEpochNanos() - span.startEpochNanos();
    if (span.startEpochNanos() < startEpochNanos
        || span.startEpochNanos() > endEpochNanos
        || duration < minNanos
        || duration > maxNanos
        || (service != null && !service.equals(span.serviceName()))
        || (operation != null && !operation.equals(span.name()))) {
      return false;
    }
    if (tags.isEmpty()) {
      return true;
    }
    Map<String, String> missing = new HashMap<>(tags);
    SpanTags.searchable(
        span,
        (key, value) -> {
          String wanted = missing.get(key);
          if (wanted != null && wanted.equals(JaegerJson.text(value))) {
            missing.remove(key);
          }
        });
    return missing.isEmpty();
  }
}
