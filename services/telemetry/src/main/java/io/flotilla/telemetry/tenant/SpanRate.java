// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.tenant;

import io.flotilla.telemetry.TelemetryConfig;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;

/**
 * How many spans each tenant may send: a bucket of two seconds' worth that fills at the configured
 * rate. A batch is taken or refused as a whole; one larger than the bucket passes a full bucket.
 */
@ApplicationScoped
public class SpanRate {
  private static final int SECONDS_HELD = 2;

  private final long perSecond;
  private final ConcurrentHashMap<Tenant, Bucket> buckets = new ConcurrentHashMap<>();

  @Inject
  SpanRate(TelemetryConfig config) {
    this(config.tenants().maxSpansPerSecond());
  }

  /** So many spans a second; 0: without a bound. */
  public SpanRate(long perSecond) {
    this.perSecond = perSecond;
  }

  private record Bucket(double tokens, long nanos) {}

  /** Takes so many spans from the tenant's share; false: it has no more. */
  public boolean take(Tenant tenant, int spans) {
    return perSecond == 0 || take(tenant, spans, System.nanoTime());
  }

  boolean take(Tenant tenant, int spans, long now) {
    double full = (double) perSecond * SECONDS_HELD;
    boolean[] taken = new boolean[1];
    buckets.compute(
        tenant,
        (t, bucket) -> {
          double tokens =
              bucket == null
                  ? full
                  : Math.min(
                      full,
                      bucket.tokens
                          + perSecond
                              * ((now - bucket.nanos) / (double) TimeUnit.SECONDS.toNanos(1)));
          taken[0] = tokens >= Math.min(spans, full);
          return new Bucket(taken[0] ? tokens - spans : tokens, now);
        });
    return taken[0];
  }
}
