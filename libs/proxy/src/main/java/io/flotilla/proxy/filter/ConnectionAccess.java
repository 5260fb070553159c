// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.filter;

import io.flotilla.model.listener.FilterChain;
import io.flotilla.model.listener.NetworkFilter;
import io.flotilla.model.policy.Rbac;
import io.flotilla.proxy.authz.ConnectionAuthorization;
import io.flotilla.proxy.internal.ConnectionView;
import io.flotilla.proxy.internal.Downstream;
import io.flotilla.proxy.metrics.Statistics;
import io.flotilla.proxy.ratelimit.ConnectionRate;
import io.flotilla.proxy.ratelimit.LocalLimits;
import io.flotilla.proxy.upstream.UpstreamCalls;
import io.flotilla.rules.policy.AccessControl;
import io.flotilla.rules.policy.AccessDecision;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The access rules of a filter chain, and the services that are asked, in their order. They are
 * asked before anything is passed on, also of a server that speaks first, where Envoy waits for the
 * client's first byte.
 */
public final class ConnectionAccess {
  /** The name under which shadow results are noted of a connection. */
  private static final String METADATA = "envoy.filters.network.rbac";

  private sealed interface Step {
    record Rules(@Nullable AccessControl enforced, @Nullable AccessControl shadow, String prefix)
        implements Step {}

    record Rate(ConnectionRate rate) implements Step {}

    record Service(ConnectionAuthorization authorization) implements Step {}
  }

  private final List<Step> steps = new ArrayList<>();
  private final AccessCounters counters;

  ConnectionAccess(
      FilterChain chain,
      AccessCounters counters,
      UpstreamCalls calls,
      Statistics statistics,
      LocalLimits limits) {
    this.counters = counters;
    for (NetworkFilter filter : chain.networkFilters()) {
      switch (filter) {
        case NetworkFilter.AccessControl(Rbac rbac, String statPrefix) ->
            steps.add(
                new Step.Rules(
                    rbac.rules().map(AccessControl::new).orElse(null),
                    rbac.shadowRules().map(AccessControl::new).orElse(null),
                    rbac.shadowPrefix()));
        case NetworkFilter.Authorization a ->
            steps.add(new Step.Service(new ConnectionAuthorization(a, calls, statistics)));
        case NetworkFilter.LocalRate r ->
            steps.add(new Step.Rate(new ConnectionRate(r, limits, statistics)));
        case NetworkFilter.PeerExchange p -> {}
        case NetworkFilter.Stats s -> {}
      }
    }
  }

  /** Whether there is nothing to ask. */
  public boolean isOpen() {
    return steps.isEmpty();
  }

  /**
   * Decides on a connection; a service that is asked is left alone once the connection has closed.
   *
   * @param then told once why it may not be used; empty: it may; maybe before this returns
   */
  public void decide(Downstream connection, Consumer<Optional<String>> then) {
    go(0, connection, new ConnectionView(connection), then);
  }

  private void go(
      int from, Downstream connection, ConnectionView view, Consumer<Optional<String>> then) {
    for (int i = from; i < steps.size(); i++) {
      switch (steps.get(i)) {
        case Step.Rules rules -> {
          Optional<String> denial = denial(rules, view);
          if (denial.isPresent()) {
            then.accept(denial);
            return;
          }
        }
        case Step.Rate(ConnectionRate rate) -> {
          if (!rate.take()) {
            then.accept(Optional.of("local_rate_limited"));
            return;
          }
        }
        case Step.Service(ConnectionAuthorization authorization) -> {
          if (authorization.applies(view)) {
            int next = i + 1;
            authorization.ask(
                connection,
                denial -> {
                  if (denial.isPresent()) {
                    then.accept(denial);
                  } else {
                    go(next, connection, view, then);
                  }
                });
            return;
          }
        }
      }
    }
    then.accept(Optional.empty());
  }

  private Optional<String> denial(Step.Rules rules, ConnectionView view) {
    if (rules.shadow() != null) {
      AccessDecision decision = rules.shadow().decide(view);
      counters.shadow(rules.prefix(), decision.allowed());
      Map<String, Object> noted = new LinkedHashMap<>();
      if (!decision.policy().isEmpty()) {
        noted.put(rules.prefix() + "shadow_effective_policy_id", decision.policy());
      }
      noted.put(rules.prefix() + "shadow_engine_result", decision.allowed() ? "allowed" : "denied");
      view.addMetadata(METADATA, noted);
    }
    if (rules.enforced() != null) {
      AccessDecision decision = rules.enforced().decide(view);
      counters.enforced(decision.allowed());
      if (!decision.allowed()) {
        return Optional.of(decision.details());
      }
    }
    return Optional.empty();
  }
}
