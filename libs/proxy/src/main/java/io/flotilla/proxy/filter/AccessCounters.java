// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.filter;

import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.LongAdder;

/** How often access was allowed and denied, by Envoy's names of counters. */
public final class AccessCounters {
  private final Map<String, LongAdder> counters = new ConcurrentHashMap<>();

  /** An enforced decision. */
  public void enforced(boolean allowed) {
    add(allowed ? "allowed" : "denied");
  }

  /** A decision of shadow rules. */
  public void shadow(String prefix, boolean allowed) {
    add(prefix + (allowed ? "shadow_allowed" : "shadow_denied"));
  }

  private void add(String name) {
    counters.computeIfAbsent(name, n -> new LongAdder()).increment();
  }

  /** By name: "allowed", "istio_dry_run_allow_shadow_denied". */
  public Map<String, Long> counts() {
    Map<String, Long> out = new TreeMap<>();
    counters.forEach((name, count) -> out.put(name, count.sum()));
    return out;
  }
}
