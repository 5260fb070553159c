// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.log;

import io.flotilla.telemetry.store.TraceId;
import java.util.Map;

/**
 * One log record that belongs to a trace (opentelemetry-proto logs/v1).
 *
 * @param spanId zero: of no span in particular
 * @param severity 1 to 24, 0: not said
 * @param body text, or a nested value's JSON
 */
public record LogEntry(
    TraceId trace,
    long spanId,
    long epochNanos,
    int severity,
    String severityText,
    String body,
    Map<String, Object> attributes,
    Map<String, Object> resource) {
  public LogEntry {
    attributes = Map.copyOf(attributes);
    resource = Map.copyOf(resource);
  }

  /** What it costs on the heap, roughly. */
  long bytes() {
    long size = 160 + body.length() + severityText.length();
    for (Map.Entry<String, Object> attribute : attributes.entrySet()) {
      size += 112 + attribute.getKey().length();
      size += attribute.getValue() instanceof String s ? s.length() : 24;
    }
    return size;
  }
}
