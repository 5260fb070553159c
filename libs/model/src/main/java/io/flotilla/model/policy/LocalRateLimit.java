// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.policy;

import io.flotilla.model.Checks;
import io.flotilla.model.match.Percentage;
import java.util.List;
import java.util.Optional;

/**
 * How many requests a proxy lets pass by itself (Envoy:
 * extensions.filters.http.local_ratelimit.v3.LocalRateLimit).
 *
 * @param bucket what each request takes a token of; empty: descriptors alone limit
 * @param enabled of how many requests are counted
 * @param enforced of how many that are too many are refused
 * @param toUpstream headers of requests that would have been refused
 * @param toClient headers of refusals
 * @param virtualHost which rules of virtual hosts count beside the route's
 * @param rules in place of those of routes and virtual hosts; empty: those
 */
public record LocalRateLimit(
    String statPrefix,
    int status,
    Optional<TokenBucket> bucket,
    Percentage enabled,
    Percentage enforced,
    List<Header> toUpstream,
    List<Header> toClient,
    List<Limit> limits,
    int stage,
    boolean perConnection,
    boolean tellsLimits,
    boolean alwaysTakesOfBucket,
    boolean resourceExhausted,
    VirtualHostRules virtualHost,
    List<RateLimitRule> rules) {
  public LocalRateLimit {
    Checks.notEmpty(statPrefix, "stat prefix of a local rate limit");
    Checks.inRange(status, 400, 599, "status of the local rate limit " + statPrefix);
    toUpstream = List.copyOf(toUpstream);
    toClient = List.copyOf(toClient);
    limits = List.copyOf(limits);
    rules = List.copyOf(rules);
  }

  /** A header that is added. */
  public record Header(String name, String value, boolean append) {
    public Header {
      Checks.notEmpty(name, "name of a header of a rate limit");
    }
  }

  /** What requests with exactly this descriptor take a token of. */
  public record Limit(List<RateLimitRule.Entry> descriptor, TokenBucket bucket) {
    public Limit {
      descriptor = List.copyOf(descriptor);
    }
  }

  /** Which rules of the virtual host count. */
  public enum VirtualHostRules {
    /** Where the route has none. */
    WITHOUT_ROUTES,
    /** Also. */
    ALWAYS,
    /** None. */
    NEVER
  }
}
