// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.metric;

/**
 * The samples of one series in a stretch of time.
 *
 * @param times milliseconds since 1970, ascending
 * @param values as long as {@code times}; {@link #isStale} marks where the series ended
 */
public record SeriesSlice(Labels labels, long[] times, double[] values) {
  /** A quiet NaN with a payload that no arithmetic gives. */
  static final double STALE = Double.longBitsToDouble(0x7ff8000000000002L);

  private static final long STALE_BITS = 0x7ff8000000000002L;

  /** Whether this is no sample but the mark that the series was gone at that time. */
  public static boolean isStale(double value) {
    return Double.doubleToRawLongBits(value) == STALE_BITS;
  }
}
