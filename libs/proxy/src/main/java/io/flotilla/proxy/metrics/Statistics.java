// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.metrics;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/** What is counted of listeners and HTTP connection managers. Used on one event loop. */
public final class Statistics {
  private static final StatNames<ListenerStat> LISTENER = new StatNames<>(ListenerStat.class);

  private final Map<String, HttpStats> http = new LinkedHashMap<>();
  private final Map<String, Map<String, long[]>> filters = new TreeMap<>();
  private final Map<String, StatSet<ListenerStat>> listeners = new LinkedHashMap<>();

  /** Of the HTTP connection managers with this prefix. */
  public HttpStats http(String prefix) {
    return http.computeIfAbsent(prefix, HttpStats::new);
  }

  /** Of the listener at this address, "ip:port". */
  public StatSet<ListenerStat> listener(String address) {
    return listeners.computeIfAbsent(address, a -> new StatSet<>(StatScope.listener(a), LISTENER));
  }

  /**
   * Forgets what the configuration names no longer, unless something of it is still open, so that
   * what comes and goes takes no memory for ever.
   */
  public void retain(Set<String> prefixes, Set<String> addresses) {
    http.entrySet()
        .removeIf(
            e ->
                !prefixes.contains(e.getKey())
                    && e.getValue().get(HttpStat.DOWNSTREAM_CX_ACTIVE) == 0
                    && e.getValue().get(HttpStat.DOWNSTREAM_RQ_ACTIVE) == 0);
    listeners
        .entrySet()
        .removeIf(
            e ->
                !addresses.contains(e.getKey())
                    && e.getValue().get(ListenerStat.DOWNSTREAM_CX_ACTIVE) == 0);
  }

  /** One more of what a filter of connections counts: "ext_authz.tcp.", "denied". */
  public void count(String scope, String leaf) {
    filters.computeIfAbsent(scope, s -> new TreeMap<>())
        .computeIfAbsent(leaf, l -> new long[1])[0]++;
  }

  /** Tells all of them. */
  public void tell(StatSink sink) {
    filters.forEach(
        (scope, counts) ->
            counts.forEach((leaf, n) -> sink.counter(StatScope.of(scope), leaf, n[0])));
    http.values().forEach(s -> s.tell(sink));
    listeners.values().forEach(s -> s.tell(sink));
  }

  /** Sets every counter to zero; gauges stay. */
  public void reset() {
    http.values().forEach(StatSet::reset);
    listeners.values().forEach(StatSet::reset);
    filters.values().forEach(counts -> counts.values().forEach(n -> n[0] = 0));
  }
}
