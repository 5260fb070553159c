// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.filter;

import io.flotilla.model.listener.FilterChain;
import io.flotilla.model.listener.HttpConnectionManager;
import io.flotilla.model.listener.HttpFilter;
import io.flotilla.model.policy.Cors;
import io.flotilla.model.policy.JwtProvider;
import io.flotilla.proxy.authz.AuthorizationFilter;
import io.flotilla.proxy.jwt.JwtFilter;
import io.flotilla.proxy.jwt.KeySets;
import io.flotilla.proxy.metrics.Statistics;
import io.flotilla.proxy.ratelimit.GlobalRateLimitFilter;
import io.flotilla.proxy.ratelimit.LocalLimits;
import io.flotilla.proxy.ratelimit.LocalRateLimitFilter;
import io.flotilla.proxy.upstream.UpstreamCalls;
import io.flotilla.rules.route.CorsRule;
import java.time.Clock;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/** The filters of connection managers and filter chains, made once for each configuration. */
public final class RequestFilters {
  private final Map<HttpConnectionManager, List<RequestFilter>> made = new IdentityHashMap<>();
  private final Map<FilterChain, ConnectionAccess> connections = new IdentityHashMap<>();
  private final Map<Cors, CorsRule> cors = new IdentityHashMap<>();
  private final Set<JwtProvider.Keys> used = new HashSet<>();
  private final UpstreamCalls calls;
  private final Statistics statistics;
  private final LocalLimits limits = new LocalLimits();
  private final KeySets keySets;
  private final AccessCounters requests = new AccessCounters();
  private final AccessCounters tcp = new AccessCounters();

  /**
   * @param fetch how issuers' key sets are got
   * @param calls how services are asked
   */
  public RequestFilters(KeySets.Fetch fetch, UpstreamCalls calls, Statistics statistics) {
    this.statistics = statistics;
    this.calls = calls;
    this.keySets = new KeySets(fetch, System::nanoTime);
  }

  /**
   * Those of one connection manager.
   *
   * @throws io.flotilla.model.InvalidModelException if one cannot be made
   */
  public List<RequestFilter> of(HttpConnectionManager manager) {
    List<RequestFilter> known = made.get(manager);
    if (known == null) {
      known = make(manager);
      made.put(manager, known);
    }
    return known;
  }

  /**
   * Who may use a filter chain.
   *
   * @throws io.flotilla.model.InvalidModelException if its rules cannot be compiled
   */
  public ConnectionAccess of(FilterChain chain) {
    ConnectionAccess known = connections.get(chain);
    if (known == null) {
      known = new ConnectionAccess(chain, tcp, calls, statistics, limits);
      connections.put(chain, known);
    }
    return known;
  }

  /** Decisions on requests. */
  public AccessCounters requestAccess() {
    return requests;
  }

  /** Decisions on connections. */
  public AccessCounters connectionAccess() {
    return tcp;
  }

  /** Forgets what was made of an earlier configuration, and key sets that it alone used. */
  public void clear() {
    keySets.retain(used);
    used.clear();
    limits.forget();
    made.clear();
    connections.clear();
    cors.clear();
  }

  private List<RequestFilter> make(HttpConnectionManager manager) {
    List<RequestFilter> out = new ArrayList<>();
    for (HttpFilter filter : manager.filters()) {
      switch (filter) {
        case HttpFilter.FaultInjection f -> {
          FaultFilter fault = new FaultFilter(f.fault());
          out.add(fault::delay);
          out.add(fault::abort);
        }
        case HttpFilter.CorsFilter c ->
            out.add(new CorsFilter(policy -> cors.computeIfAbsent(policy, CorsRule::new)));
        case HttpFilter.Jwt j -> {
          j.authentication().providers().values().forEach(p -> used.add(p.keys()));
          out.add(new JwtFilter(j.authentication(), keySets, Clock.systemUTC()));
        }
        case HttpFilter.Rate r -> out.add(new GlobalRateLimitFilter(r.name(), r.limit(), calls));
        case HttpFilter.LocalRate r ->
            out.add(new LocalRateLimitFilter(r.name(), r.limit(), limits, statistics));
        case HttpFilter.Authorization a ->
            out.add(new AuthorizationFilter(a.name(), a.authorization(), calls));
        case HttpFilter.AccessControl a -> out.add(new AccessControlFilter(a.rbac(), requests));
        // These work on the whole exchange.
        case HttpFilter.Router r -> {}
        case HttpFilter.GrpcStats g -> {}
        case HttpFilter.GrpcWeb g -> {}
        case HttpFilter.PeerMetadata p -> {}
        case HttpFilter.Stats s -> {}
        case HttpFilter.Alpn a -> {}
        case HttpFilter.ConnectAuthority c -> {}
      }
    }
    return List.copyOf(out);
  }
}
