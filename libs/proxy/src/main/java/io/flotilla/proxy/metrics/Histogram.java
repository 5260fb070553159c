// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.metrics;

import java.util.Arrays;
import java.util.List;

/**
 * A distribution in Envoy's default buckets (Envoy documentation, "Histogram bucket settings").
 * Used on one event loop. It takes memory from the first value on.
 */
public final class Histogram {
  /** The buckets' upper bounds as Prometheus writes them; one more bucket has none. */
  public static final List<String> BOUNDS =
      List.of(
          "0.5", "1", "5", "10", "25", "50", "100", "250", "500", "1000", "2500", "5000", "10000",
          "30000", "60000", "300000", "600000", "1800000", "3600000");

  private static final double[] LIMITS = BOUNDS.stream().mapToDouble(Double::parseDouble).toArray();

  private long[] counts = {};
  private long count;
  private double sum;

  /** One more value. */
  public void add(double value) {
    if (counts.length == 0) {
      counts = new long[LIMITS.length + 1];
    }
    int at = 0;
    while (at < LIMITS.length && value > LIMITS[at]) {
      at++;
    }
    counts[at]++;
    count++;
    sum += value;
  }

  /** How many values there were. */
  public long count() {
    return count;
  }

  /** All values together. */
  public double sum() {
    return sum;
  }

  /** How many values were at most the bound of this place. */
  public long atMost(int bound) {
    long total = 0;
    for (int i = 0; i <= bound && i < counts.length; i++) {
      total += counts[i];
    }
    return total;
  }

  /**
   * The value that a share of all values does not exceed, interpolated within its bucket; NaN when
   * there are none.
   */
  public double quantile(double share) {
    if (count == 0) {
      return Double.NaN;
    }
    double wanted = share * count;
    long before = 0;
    for (int i = 0; i < LIMITS.length; i++) {
      if (counts[i] > 0 && before + counts[i] >= wanted) {
        double low = i == 0 ? 0 : LIMITS[i - 1];
        return low + (LIMITS[i] - low) * Math.max(0, (wanted - before) / counts[i]);
      }
      before += counts[i];
    }
    return LIMITS[LIMITS.length - 1];
  }

  /** Forgets all. */
  public void reset() {
    Arrays.fill(counts, 0);
    count = 0;
    sum = 0;
  }
}
