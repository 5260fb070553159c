// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.metrics;

/**
 * The counters and gauges of one scope. Used on one event loop.
 *
 * @param <S> their names
 */
public class StatSet<S extends Enum<S> & Stat> {
  private final StatScope scope;
  private final S[] stats;
  private final long[] values;

  /** All at zero. */
  public StatSet(StatScope scope, Class<S> type) {
    this.scope = scope;
    this.stats = type.getEnumConstants();
    this.values = new long[stats.length];
  }

  /** One more. */
  public final void add(S stat) {
    values[stat.ordinal()]++;
  }

  /** One less, of a gauge. */
  public final void subtract(S stat) {
    values[stat.ordinal()]--;
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
    for (S stat : stats) {
      if (stat.isGauge()) {
        sink.gauge(scope, stat.leaf(), values[stat.ordinal()]);
      } else {
        sink.counter(scope, stat.leaf(), values[stat.ordinal()]);
      }
    }
  }

  /** Sets every counter to zero; gauges stay. */
  public void reset() {
    for (S stat : stats) {
      if (!stat.isGauge()) {
        values[stat.ordinal()] = 0;
      }
    }
  }
}
