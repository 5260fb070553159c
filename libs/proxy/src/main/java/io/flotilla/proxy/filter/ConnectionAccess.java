// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.filter;

import io.flotilla.model.listener.FilterChain;
import io.flotilla.model.listener.NetworkFilter;
import io.flotilla.model.policy.Rbac;
import io.flotilla.rules.policy.AccessControl;
import io.flotilla.rules.policy.AccessDecision;
import io.flotilla.rules.policy.AccessView;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * The access rules of a filter chain. They are asked before anything is passed on, also of a server
 * that speaks first, where Envoy waits for the client's first byte.
 */
public final class ConnectionAccess {
  private record Rules(
      @Nullable AccessControl enforced, @Nullable AccessControl shadow, String shadowPrefix) {}

  private final List<Rules> rules = new ArrayList<>();
  private final AccessCounters counters;

  ConnectionAccess(FilterChain chain, AccessCounters counters) {
    this.counters = counters;
    for (NetworkFilter filter : chain.networkFilters()) {
      if (filter instanceof NetworkFilter.AccessControl(Rbac rbac, String statPrefix)) {
        rules.add(
            new Rules(
                rbac.rules().map(AccessControl::new).orElse(null),
                rbac.shadowRules().map(AccessControl::new).orElse(null),
                rbac.shadowPrefix()));
      }
    }
  }

  /** Whether there is nothing to ask. */
  public boolean isOpen() {
    return rules.isEmpty();
  }

  /** The denial; empty: the connection may be used. */
  public Optional<AccessDecision> denial(AccessView connection) {
    for (Rules each : rules) {
      if (each.shadow() != null) {
        counters.shadow(each.shadowPrefix(), each.shadow().decide(connection).allowed());
      }
      if (each.enforced() != null) {
        AccessDecision decision = each.enforced().decide(connection);
        counters.enforced(decision.allowed());
        if (!decision.allowed()) {
          return Optional.of(decision);
        }
      }
    }
    return Optional.empty();
  }
}
