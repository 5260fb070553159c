// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.promql;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;

/** Quantiles of classic histograms (prometheus promql/quantile.go, bucketQuantile). */
public final class Histograms {
  private Histograms() {}

  /** How many observations were at most {@code upperBound}. */
  public record Bucket(double upperBound, double count) {}

  /** The quantile by linear interpolation within its bucket; NaN without observations. */
  public static double quantile(double q, List<Bucket> unsorted) {
    if (Double.isNaN(q)) {
      return Double.NaN;
    }
    if (q < 0) {
      return Double.NEGATIVE_INFINITY;
    }
    if (q > 1) {
      return Double.POSITIVE_INFINITY;
    }
    List<Bucket> buckets = cumulative(unsorted);
    if (buckets.size() < 2 || buckets.getLast().upperBound() != Double.POSITIVE_INFINITY) {
      return Double.NaN;
    }
    double observations = buckets.getLast().count();
    if (observations == 0 || Double.isNaN(observations)) {
      return Double.NaN;
    }
    double rank = q * observations;
    int b = 0;
    while (b < buckets.size() - 1 && buckets.get(b).count() < rank) {
      b++;
    }
    if (b == buckets.size() - 1) {
      return buckets.get(b - 1).upperBound();
    }
    double end = buckets.get(b).upperBound();
    if (b == 0 && end <= 0) {
      return end;
    }
    double start = b == 0 ? 0 : buckets.get(b - 1).upperBound();
    double before = b == 0 ? 0 : buckets.get(b - 1).count();
    return start + (end - start) * ((rank - before) / (buckets.get(b).count() - before));
  }

  /** Sorted, those of one bound added up, and never decreasing. */
  private static List<Bucket> cumulative(List<Bucket> unsorted) {
    List<Bucket> sorted = new ArrayList<>(unsorted);
    sorted.sort(Comparator.comparingDouble(Bucket::upperBound));
    List<Bucket> buckets = new ArrayList<>(sorted.size());
    for (Bucket bucket : sorted) {
      if (!buckets.isEmpty() && buckets.getLast().upperBound() == bucket.upperBound()) {
        Bucket same = buckets.removeLast();
        buckets.add(new Bucket(same.upperBound(), same.count() + bucket.count()));
      } else {
        buckets.add(bucket);
      }
    }
    double most = Double.NEGATIVE_INFINITY;
    for (int i = 0; i < buckets.size(); i++) {
      most = Math.max(most, buckets.get(i).count());
      buckets.set(i, new Bucket(buckets.get(i).upperBound(), most));
    }
    return buckets;
  }
}
