// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.policy;

import io.flotilla.model.Checks;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** What a filter does otherwise for a route, a virtual host or a cluster of a weighted choice. */
public sealed interface FilterOverride {

  /** Nothing. */
  record Off() implements FilterOverride {}

  /** What it does everywhere, although a wider scope says otherwise. */
  record On() implements FilterOverride {}

  /**
   * The rate-limit service is asked otherwise.
   *
   * @param virtualHost which rules of the virtual host count
   * @param rules in place of the route's; empty: the route's
   * @param domain empty: the filter's
   */
  record Rate(LocalRateLimit.VirtualHostRules virtualHost, List<RateLimitRule> rules, String domain)
      implements FilterOverride {
    public Rate {
      rules = List.copyOf(rules);
    }
  }

  /** Another local rate limit, with buckets of its own. */
  record LocalRate(LocalRateLimit limit) implements FilterOverride {}

  /**
   * The authorization service is told other things.
   *
   * @param context values told besides; those of the narrower scope win
   * @param withoutBody nothing of the body is told
   * @param body in place of the filter's own
   */
  record Authorization(
      Map<String, String> context, boolean withoutBody, Optional<ExternalAuthorization.Body> body)
      implements FilterOverride {
    public Authorization {
      context = Map.copyOf(context);
      Checks.require(
          !withoutBody || body.isEmpty(),
          "a route tells an authorization service the body and forbids it at once");
    }
  }
}
