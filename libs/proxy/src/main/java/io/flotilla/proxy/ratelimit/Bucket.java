// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.ratelimit;

import io.flotilla.model.policy.TokenBucket;

/** A token bucket that fills all the time, as Envoy's does. Used on one event loop. */
final class Bucket {
  private static final double NANOS = 1e9;

  private final TokenBucket model;
  private final double perNano;
  private double tokens;
  private long filledAt;

  /** Full. */
  Bucket(TokenBucket model, long nanoTime) {
    this.model = model;
    this.perNano = model.tokensPerFill() / (double) model.fillInterval().toNanos();
    this.tokens = model.maxTokens();
    this.filledAt = nanoTime;
  }

  private void fill(long nanoTime) {
    tokens = Math.min(model.maxTokens(), tokens + (nanoTime - filledAt) * perNano);
    filledAt = nanoTime;
  }

  /** Takes a token; false: there is none. */
  boolean take(long nanoTime) {
    fill(nanoTime);
    if (tokens < 1) {
      return false;
    }
    tokens -= 1;
    return true;
  }

  double perNano() {
    return perNano;
  }

  long most() {
    return model.maxTokens();
  }

  /** Whole tokens that are left. */
  long left() {
    return (long) tokens;
  }

  /** Seconds until there is a token. */
  long secondsToNext() {
    return tokens >= 1 ? 0 : (long) Math.ceil((1 - tokens) / perNano / NANOS);
  }

  /** Whether it is as good as new. */
  boolean isFull(long nanoTime) {
    fill(nanoTime);
    return tokens >= model.maxTokens();
  }
}
