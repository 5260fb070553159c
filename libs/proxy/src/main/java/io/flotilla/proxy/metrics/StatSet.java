// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.metrics;

import java.util.Map;
import java.util.TreeMap;

/**
 * The counters and gauges of one scope. Used on one event loop.
 *
 * @param <S> their names
 */
public class StatSet<S extends Enum<S> & Stat> {
  private final StatScope scope;
  private final StatNames<S> names;
  private final long[] values;
  private final Map<String, long[]> named = new TreeMap<>();

  /** All at zero. */
  StatSet(StatScope scope, StatNames<S> names) {
    this.scope = scope;
    this.names = names;
    this.values = new long[names.size()];
  }

  /** One more. */
  public final void add(S stat) {
    values[stat.ordinal()]++;
  }

  /** One less, of a gauge. */
  public final void subtract(S stat) {
    values[stat.ordinal()]--;
  }

  /** One more of a counter that filters name: "ext_authz.ok". */
  public final void count(String leaf) {
    named.computeIfAbsent(leaf, l -> new long[1])[0]++;
  }

  /** What it stands at. */
  public final long get(S stat) {
    return values[stat.ordinal()];
  }

  /** Where they belong. */
  public final StatScope scope() {
    return scope;
  }

  /** Tells all of them. */
  public void tell(StatSink sink) {
    for (int i = 0; i < values.length; i++) {
      if (names.isGauge(i)) {
        sink.gauge(scope, names.leaf(i), values[i]);
      } else {
        sink.counter(scope, names.leaf(i), values[i]);
      }
    }
    named.forEach((leaf, value) -> sink.counter(scope, leaf, value[0]));
  }

  /** Sets every counter to zero; gauges stay. */
  public void reset() {
    for (int i = 0; i < values.length; i++) {
      if (!names.isGauge(i)) {
        values[i] = 0;
      }
    }
    named.values().forEach(value -> value[0] = 0);
  }
}
