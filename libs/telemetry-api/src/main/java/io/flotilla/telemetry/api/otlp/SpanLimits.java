// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.api.otlp;

/**
 * How much of a peer's input is kept. What is above a count is left out and counted in {@link
 * Decoded#trimmed}; a request with too many spans loses the rest of its spans.
 *
 * @param spans in one request
 * @param attributes of one span, event, link or resource
 * @param events of one span
 * @param links of one span
 * @param characters of one string; longer ones are cut
 * @param depth of nested values
 */
public record SpanLimits(
    int spans, int attributes, int events, int links, int characters, int depth) {

  /** Bounds that no well-behaved SDK meets (its own are 128 attributes, events and links). */
  public static final SpanLimits DEFAULT = new SpanLimits(50_000, 256, 256, 256, 32_768, 8);

  public SpanLimits {
    if (spans < 1 || attributes < 1 || events < 0 || links < 0 || characters < 16 || depth < 1) {
      throw new IllegalArgumentException(
          "span limits must be positive, and strings at least 16 characters");
    }
  }
}
