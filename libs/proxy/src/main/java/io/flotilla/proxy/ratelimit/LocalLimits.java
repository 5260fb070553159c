// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.ratelimit;

import io.flotilla.model.listener.NetworkFilter;
import io.flotilla.model.policy.LocalRateLimit;
import io.flotilla.model.policy.TokenBucket;
import io.netty.channel.Channel;
import io.netty.util.AttributeKey;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.Map;

/**
 * The buckets of all local rate limits. They outlive configurations that leave a limit as it is;
 * two that say the same at two places are two. Used on one event loop.
 */
public final class LocalLimits {
  private static final AttributeKey<Map<LocalRateLimit, LocalBuckets>> OF_CONNECTION =
      AttributeKey.valueOf(LocalLimits.class, "buckets");

  private final Map<LocalRateLimit, LocalBuckets> buckets = new IdentityHashMap<>();
  private final Map<NetworkFilter.LocalRate, Bucket> connections = new IdentityHashMap<>();
  private final Map<Map.Entry<String, TokenBucket>, Bucket> shared = new HashMap<>();

  LocalBuckets of(LocalRateLimit model, Channel connection, long nanoTime) {
    if (!model.perConnection()) {
      return buckets.computeIfAbsent(model, m -> new LocalBuckets(m, nanoTime));
    }
    Map<LocalRateLimit, LocalBuckets> own = connection.attr(OF_CONNECTION).get();
    if (own == null) {
      own = new IdentityHashMap<>();
      connection.attr(OF_CONNECTION).set(own);
    }
    return own.computeIfAbsent(model, m -> new LocalBuckets(m, nanoTime));
  }

  Bucket of(NetworkFilter.LocalRate model, long nanoTime) {
    return model.shareKey().isEmpty()
        ? connections.computeIfAbsent(model, m -> new Bucket(m.bucket(), nanoTime))
        : shared.computeIfAbsent(
            Map.entry(model.shareKey(), model.bucket()), k -> new Bucket(k.getValue(), nanoTime));
  }

  /** Forgets buckets that are full: who asks for one of them again gets a full one. */
  public void forget() {
    long now = System.nanoTime();
    buckets.values().removeIf(b -> b.isFull(now));
    connections.values().removeIf(b -> b.isFull(now));
    shared.values().removeIf(b -> b.isFull(now));
  }
}
