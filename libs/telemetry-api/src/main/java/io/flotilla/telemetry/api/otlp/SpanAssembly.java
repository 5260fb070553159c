// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.api.otlp;

import io.flotilla.telemetry.api.Span;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Gathers the spans of one request under {@link SpanLimits}, whatever their wire form. Not safe for
 * use by several threads.
 */
public final class SpanAssembly {
  private static final int SHARED_CHARACTERS = 128;
  private static final int SHARED_STRINGS = 8_192;

  private final SpanLimits limits;
  private final Map<String, String> shared = new HashMap<>();
  private final List<Span> spans = new ArrayList<>();
  private int refused;
  private int trimmed;
  private String reason = "";

  public SpanAssembly(SpanLimits limits) {
    this.limits = limits;
  }

  /** The bounds that decoders must keep to while they read. */
  public SpanLimits limits() {
    return limits;
  }

  /** Takes the span, or refuses it when its ids are zero or the request has too many. */
  public void add(Span span) {
    if (span.traceIdHigh() == 0 && span.traceIdLow() == 0) {
      refuse("span '" + shown(span.name()) + "' has no trace id (16 bytes, not all zero)");
    } else if (span.spanId() == 0) {
      refuse("span '" + shown(span.name()) + "' has no span id (8 bytes, not all zero)");
    } else if (spans.size() >= limits.spans()) {
      refuse("more than " + limits.spans() + " spans in one request; send smaller batches");
    } else {
      spans.add(span);
    }
  }

  /** Leaves one span out. */
  public void refuse(String why) {
    refused++;
    if (reason.isEmpty()) {
      reason = why;
    }
  }

  /** Notes that something was cut to fit. */
  public void trim() {
    trimmed++;
  }

  /** The string, cut to the limit. */
  public String text(@Nullable String value) {
    if (value == null) {
      return "";
    }
    if (value.length() > limits.characters()) {
      trimmed++;
      return value.substring(0, limits.characters());
    }
    return value.length() <= SHARED_CHARACTERS ? shared(value) : value;
  }

  /** Spans of one request repeat their keys and most of their values; each is kept once. */
  private String shared(String value) {
    String known = shared.get(value);
    if (known != null) {
      return known;
    }
    if (shared.size() < SHARED_STRINGS) {
      shared.put(value, value);
    }
    return value;
  }

  /** An empty map that {@link #put} fills. */
  public Map<String, Object> attributes() {
    return new HashMap<>();
  }

  /** Adds one attribute unless the map is full; a null value is no attribute. */
  public void put(Map<String, Object> attributes, String key, @Nullable Object value) {
    if (value == null || key.isEmpty()) {
      return;
    }
    if (attributes.size() >= limits.attributes() && !attributes.containsKey(key)) {
      trimmed++;
      return;
    }
    attributes.put(text(key), value);
  }

  /** Everything that was added. */
  public Decoded decoded() {
    return new Decoded(spans, refused, trimmed, reason);
  }

  private static String shown(String name) {
    return name.length() <= 80 ? name : name.substring(0, 80) + "...";
  }
}
