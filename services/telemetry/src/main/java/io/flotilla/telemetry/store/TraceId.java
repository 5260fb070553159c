// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.store;

import io.flotilla.telemetry.api.Span;
import io.flotilla.telemetry.api.jaeger.JaegerJson;

/** The id of a trace; a 64-bit one has a zero first half. */
public record TraceId(long high, long low) {

  /** Of the trace that the span belongs to. */
  public static TraceId of(Span span) {
    return new TraceId(span.traceIdHigh(), span.traceIdLow());
  }

  /**
   * Reads 1 to 32 hexadecimal digits.
   *
   * @throws IllegalArgumentException if it is anything else, or zero
   */
  public static TraceId parse(String text) {
    int length = text.length();
    if (length >= 1 && length <= 32) {
      try {
        int split = Math.max(0, length - 16);
        TraceId id =
            new TraceId(
                split == 0 ? 0 : Long.parseUnsignedLong(text, 0, split, 16),
                Long.parseUnsignedLong(text, split, length, 16));
        if (id.high != 0 || id.low != 0) {
          return id;
        }
      } catch (NumberFormatException e) {
        // Told below, with the whole text.
      }
    }
    throw new IllegalArgumentException(
        "'"
            + (length > 40 ? text.substring(0, 40) + "..." : text)
            + "' is not a trace id: 1 to 32 hexadecimal digits are expected");
  }

  @Override
  public String toString() {
    return JaegerJson.traceId(high, low);
  }
}
