// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.ratelimit;

import io.flotilla.model.policy.FilterOverride;
import io.flotilla.model.policy.LocalRateLimit;
import io.flotilla.proxy.api.FailureCause;
import io.flotilla.proxy.filter.FilteredRequest;
import io.flotilla.proxy.filter.RequestFilter;
import io.flotilla.proxy.metrics.Statistics;
import io.flotilla.rules.route.Choice;
import io.netty.handler.codec.http.HttpHeaders;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;

/** Refuses requests beyond what token buckets hold (Envoy documentation, "Local rate limit"). */
public final class LocalRateLimitFilter implements RequestFilter {
  private static final String DETAILS = "local_rate_limited";
  private static final int MILLION = 1_000_000;
  private static final int RESOURCE_EXHAUSTED = 8;
  private static final int UNAVAILABLE = 14;

  private final String name;
  private final LocalRateLimit own;
  private final LocalLimits limits;
  private final Statistics statistics;
  private final DescriptorRule.Cache rules = new DescriptorRule.Cache();

  /**
   * @param name by which routes configure it
   */
  public LocalRateLimitFilter(
      String name, LocalRateLimit own, LocalLimits limits, Statistics statistics) {
    this.name = name;
    this.own = own;
    this.limits = limits;
    this.statistics = statistics;
  }

  @Override
  public boolean apply(FilteredRequest request) {
    List<FilterOverride> overrides = request.overrides(name);
    FilterOverride narrowest = overrides.isEmpty() ? null : overrides.getLast();
    if (narrowest instanceof FilterOverride.Off) {
      return true;
    }
    LocalRateLimit model =
        narrowest instanceof FilterOverride.LocalRate(LocalRateLimit other) ? other : own;
    if (!happens(model.enabled())) {
      return true;
    }
    count(model, "enabled");
    long now = System.nanoTime();
    LocalBuckets.Result result =
        limits
            .of(model, request.connection().channel(), now)
            .take(
                rules.descriptors(request, model.stage(), model.virtualHost(), model.rules()), now);
    if (model.tellsLimits() && result.bucket() != null) {
      Bucket bucket = result.bucket();
      request.onAnswer(
          head -> {
            head.set("x-ratelimit-limit", Long.toString(bucket.most()));
            head.set("x-ratelimit-remaining", Long.toString(bucket.left()));
            head.set("x-ratelimit-reset", Long.toString(bucket.secondsToNext()));
          });
    }
    if (result.allowed()) {
      count(model, "ok");
      return true;
    }
    count(model, "rate_limited");
    if (!happens(model.enforced())) {
      write(request.headers(), model.toUpstream());
      return true;
    }
    count(model, "enforced");
    request.note(FailureCause.RATE_LIMITED);
    request.details(DETAILS);
    request.reply(
        model.status(),
        model.resourceExhausted() ? RESOURCE_EXHAUSTED : UNAVAILABLE,
        DETAILS,
        head -> write(head, model.toClient()));
    return false;
  }

  private static boolean happens(io.flotilla.model.match.Percentage share) {
    return Choice.happens(share, ThreadLocalRandom.current().nextInt(MILLION));
  }

  static void write(HttpHeaders head, List<LocalRateLimit.Header> headers) {
    for (LocalRateLimit.Header each : headers) {
      if (each.append()) {
        head.add(each.name(), each.value());
      } else {
        head.set(each.name(), each.value());
      }
    }
  }

  private void count(LocalRateLimit model, String what) {
    statistics.count(model.statPrefix() + ".http_local_rate_limit", what);
  }
}
