// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.traceql;

/** The units of durations as Go writes them, which Jaeger's parameters and TraceQL share. */
public final class DurationUnit {
  private DurationUnit() {}

  /** The nanoseconds of "ns", "us", "µs", "ms", "s", "m" or "h". */
  public static double nanos(String unit) {
    return switch (unit) {
      case "ns" -> 1;
      case "us", "µs" -> 1e3;
      case "ms" -> 1e6;
      case "s" -> 1e9;
      case "m" -> 60e9;
      default -> 3600e9;
    };
  }
}
