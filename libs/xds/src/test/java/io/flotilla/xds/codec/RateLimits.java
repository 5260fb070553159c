// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.codec;

import io.flotilla.model.listener.NetworkFilter;
import io.flotilla.model.match.HeaderMatch;
import io.flotilla.model.match.Percentage;
import io.flotilla.model.match.QueryMatch;
import io.flotilla.model.policy.FilterOverride;
import io.flotilla.model.policy.GlobalRateLimit;
import io.flotilla.model.policy.GrpcService;
import io.flotilla.model.policy.LocalRateLimit;
import io.flotilla.model.policy.RateLimitRule;
import io.flotilla.model.policy.RateLimitRule.Action;
import io.flotilla.model.policy.TokenBucket;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Rate limits in which everything occurs that can be said of them. */
final class RateLimits {
  private static final TokenBucket BUCKET = new TokenBucket(100, 10, Duration.ofSeconds(60));

  private RateLimits() {}

  static List<RateLimitRule> rules() {
    return List.of(
        new RateLimitRule(
            0,
            List.of(
                new Action.DestinationCluster(),
                new Action.Header("x-user", "user", true),
                new Action.Query("k", "query", false),
                new Action.RemoteAddress(),
                new Action.MaskedRemoteAddress(8, 64),
                new Action.Generic("", "v"),
                new Action.HeaderValues(
                    "mobile", "yes", false, List.of(HeaderMatch.present("x-mobile"))),
                new Action.QueryValues(
                    "q", "yes", true, List.of(new QueryMatch("q", Optional.empty()))),
                new Action.Metadata(
                    "sub",
                    "envoy.filters.http.jwt_authn",
                    List.of("payload", "sub"),
                    Optional.of("nobody"),
                    true))),
        new RateLimitRule(3, List.of(new Action.Generic("key", "v"))));
  }

  static LocalRateLimit local(boolean enforced) {
    return new LocalRateLimit(
        "http_local_rate_limiter",
        enforced ? 503 : 429,
        Optional.of(BUCKET),
        Percentage.ALL,
        enforced ? Percentage.ALL : Percentage.NONE,
        List.of(new LocalRateLimit.Header("x-over", "yes", true)),
        List.of(new LocalRateLimit.Header("x-limited", "yes", false)),
        List.of(
            new LocalRateLimit.Limit(
                List.of(new RateLimitRule.Entry("user", "alice")),
                new TokenBucket(5, 1, Duration.ofSeconds(120)))),
        3,
        !enforced,
        true,
        enforced,
        true,
        LocalRateLimit.VirtualHostRules.ALWAYS,
        enforced
            ? List.of()
            : List.of(new RateLimitRule(0, List.of(new Action.Generic("key", "v")))));
  }

  static GlobalRateLimit global() {
    return new GlobalRateLimit(
        "shop",
        3,
        GlobalRateLimit.Requests.INTERNAL,
        new GrpcService("static", "limits.example", Duration.ofMillis(40), Map.of("x-a", "b")),
        true,
        503,
        new GlobalRateLimit.Answer(
            503, true, true, false, List.of(new LocalRateLimit.Header("x-m", "v", true))),
        Percentage.ofPercent(50),
        Percentage.NONE,
        "second");
  }

  static FilterOverride globalOfHost() {
    return new FilterOverride.Rate(
        LocalRateLimit.VirtualHostRules.ALWAYS,
        List.of(new RateLimitRule(0, List.of(new Action.Generic("key", "v")))),
        "other");
  }

  static NetworkFilter connection() {
    return new NetworkFilter.LocalRate("tcp", BUCKET, false, "key");
  }
}
