// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.filter;

import io.flotilla.model.policy.Rbac;
import io.flotilla.proxy.api.FailureCause;
import io.flotilla.rules.policy.AccessControl;
import io.flotilla.rules.policy.AccessDecision;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Answers 403 to what the rules deny; what shadow rules say is noted and counted. */
final class AccessControlFilter implements RequestFilter {
  private final @Nullable AccessControl rules;
  private final @Nullable AccessControl shadow;
  private final String shadowPrefix;
  private final AccessCounters counters;

  AccessControlFilter(Rbac rbac, AccessCounters counters) {
    this.rules = rbac.rules().map(AccessControl::new).orElse(null);
    this.shadow = rbac.shadowRules().map(AccessControl::new).orElse(null);
    this.shadowPrefix = rbac.shadowPrefix();
    this.counters = counters;
  }

  @Override
  public boolean apply(FilteredRequest request) {
    if (shadow != null) {
      AccessDecision decision = shadow.decide(request.access());
      counters.shadow(shadowPrefix, decision.allowed());
      Map<String, Object> noted = new LinkedHashMap<>();
      if (!decision.policy().isEmpty()) {
        noted.put(shadowPrefix + "shadow_effective_policy_id", decision.policy());
      }
      noted.put(shadowPrefix + "shadow_engine_result", decision.allowed() ? "allowed" : "denied");
      request.addMetadata(Rbac.METADATA, noted);
    }
    if (rules == null) {
      return true;
    }
    AccessDecision decision = rules.decide(request.access());
    counters.enforced(decision.allowed());
    if (decision.allowed()) {
      return true;
    }
    request.note(FailureCause.ACCESS_DENIED);
    request.details(decision.details());
    request.reply(403, FailureCause.ACCESS_DENIED.sentence());
    return false;
  }
}
