// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.ratelimit;

import io.flotilla.model.policy.LocalRateLimit;
import io.flotilla.model.policy.RateLimitRule.Entry;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The buckets of one local rate limit. */
final class LocalBuckets {
  private final @Nullable Bucket common;
  private final boolean always;
  private final Map<List<Entry>, Bucket> byDescriptor = new HashMap<>();

  LocalBuckets(LocalRateLimit model, long nanoTime) {
    this.common = model.bucket().map(b -> new Bucket(b, nanoTime)).orElse(null);
    this.always = model.alwaysTakesOfBucket();
    model.limits().forEach(l -> byDescriptor.put(l.descriptor(), new Bucket(l.bucket(), nanoTime)));
  }

  /**
   * What came of a request.
   *
   * @param bucket that decided; null: none counts this request
   */
  record Result(boolean allowed, @Nullable Bucket bucket) {}

  Result take(List<List<Entry>> descriptors, long nanoTime) {
    List<Bucket> matched = new ArrayList<>();
    for (List<Entry> each : descriptors) {
      Bucket bucket = byDescriptor.get(each);
      if (bucket != null) {
        matched.add(bucket);
      }
    }
    matched.sort(Comparator.comparingDouble(Bucket::perNano));
    for (Bucket bucket : matched) {
      if (!bucket.take(nanoTime)) {
        return new Result(false, bucket);
      }
    }
    if (common != null && (matched.isEmpty() || always) && !common.take(nanoTime)) {
      return new Result(false, common);
    }
    return new Result(true, matched.isEmpty() ? common : matched.getFirst());
  }

  boolean isFull(long nanoTime) {
    return (common == null || common.isFull(nanoTime))
        && byDescriptor.values().stream().allMatch(b -> b.isFull(nanoTime));
  }
}
