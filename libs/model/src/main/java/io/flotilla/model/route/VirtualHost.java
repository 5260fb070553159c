// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.route;

import io.flotilla.model.Checks;
import io.flotilla.model.policy.FilterOverride;
import io.flotilla.model.policy.RateLimitRule;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Routes for a set of domains.
 *
 * @param domains lower case: "a.b", "a.b:80", "*.b", "a.*" or "*"; at least one
 * @param routes the first that matches wins
 * @param retryPolicy for routes that have none of their own
 * @param includeRequestAttemptCount adds x-envoy-attempt-count to the upstream request
 * @param filters what filters do otherwise, by their names
 * @param rateLimits by what its requests are told apart when they are counted
 */
public record VirtualHost(
    String name,
    List<String> domains,
    List<Route> routes,
    HeaderEdits headerEdits,
    Optional<RetryPolicy> retryPolicy,
    boolean includeRequestAttemptCount,
    Map<String, FilterOverride> filters,
    List<RateLimitRule> rateLimits) {
  public VirtualHost {
    rateLimits = List.copyOf(rateLimits);
    filters = Map.copyOf(filters);
    Checks.notEmpty(name, "name of a virtual host");
    domains = List.copyOf(domains);
    routes = List.copyOf(routes);
    Checks.require(!domains.isEmpty(), "virtual host " + name + " needs at least one domain");
  }

  /** With all filters as they are. */
  public VirtualHost(
      String name,
      List<String> domains,
      List<Route> routes,
      HeaderEdits headerEdits,
      Optional<RetryPolicy> retryPolicy,
      boolean includeRequestAttemptCount) {
    this(name, domains, routes, headerEdits, retryPolicy, includeRequestAttemptCount, Map.of());
  }

  /** Whose requests are counted with all others. */
  public VirtualHost(
      String name,
      List<String> domains,
      List<Route> routes,
      HeaderEdits headerEdits,
      Optional<RetryPolicy> retryPolicy,
      boolean includeRequestAttemptCount,
      Map<String, FilterOverride> filters) {
    this(
        name,
        domains,
        routes,
        headerEdits,
        retryPolicy,
        includeRequestAttemptCount,
        filters,
        List.of());
  }

  /** Without edits or retries. */
  public static VirtualHost of(String name, List<String> domains, List<Route> routes) {
    return new VirtualHost(name, domains, routes, HeaderEdits.NONE, Optional.empty(), true);
  }
}
