// SPDX-License-Identifier: Apache-2.0
package io.flotilla.citadel.policy;

import io.flotilla.citadel.Refusal;
import io.flotilla.citadel.Refusal.Kind;
import io.flotilla.identity.SpiffeId;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * How often is answered: so many requests a second in all, before anything costly is done for one,
 * and so many a minute of one identity. Buckets that refill evenly; at most {@value
 * #MOST_IDENTITIES} identities are remembered, the one that asked longest ago is forgotten first.
 */
public final class RateLimit {
  private static final int MOST_IDENTITIES = 10_000;

  private final int perSecond;
  private final int perIdentityPerMinute;
  private final Clock clock;
  private final Bucket all;
  private final Map<SpiffeId, Bucket> identities =
      new LinkedHashMap<>(16, 0.75f, true) {
        @Override
        protected boolean removeEldestEntry(Map.Entry<SpiffeId, Bucket> eldest) {
          return size() > MOST_IDENTITIES;
        }
      };

  public RateLimit(int perSecond, int perIdentityPerMinute, Clock clock) {
    this.perSecond = perSecond;
    this.perIdentityPerMinute = perIdentityPerMinute;
    this.clock = clock;
    this.all = new Bucket(perSecond, Duration.ofSeconds(1), clock.instant());
  }

  /** Counts a request of anybody. */
  public synchronized void admit() {
    if (!all.take(clock.instant())) {
      throw new Refusal(
          Kind.RATE_LIMITED,
          "This authority answers " + perSecond + " requests a second: ask again later");
    }
  }

  /** Counts a request of {@code id}. */
  public synchronized void admit(SpiffeId id) {
    Instant now = clock.instant();
    Bucket bucket =
        identities.computeIfAbsent(
            id, any -> new Bucket(perIdentityPerMinute, Duration.ofMinutes(1), now));
    if (!bucket.take(now)) {
      throw new Refusal(
          Kind.RATE_LIMITED,
          id
              + " asked for more than "
              + perIdentityPerMinute
              + " certificates within a minute: ask again later");
    }
  }

  private static final class Bucket {
    private final double size;
    private final double perNano;
    private double level;
    private Instant filled;

    Bucket(int size, Duration refill, Instant now) {
      this.size = size;
      this.perNano = (double) size / refill.toNanos();
      this.level = size;
      this.filled = now;
    }

    boolean take(Instant now) {
      if (now.isAfter(filled)) {
        level = Math.min(size, level + Duration.between(filled, now).toNanos() * perNano);
      }
      // Also when the clock was set back: time counts on from there.
      filled = now;
      if (level < 1) {
        return false;
      }
      level -= 1;
      return true;
    }
  }
}
