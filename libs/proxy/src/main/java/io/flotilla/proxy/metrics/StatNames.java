// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.metrics;

import java.util.Arrays;

/**
 * How a kind of statistics is told, made once for all scopes: there are as many of these as
 * clusters, and every scrape tells them all on the event loop.
 */
final class StatNames<S extends Enum<S> & Stat> {
  private final String[] leaves;
  private final boolean[] gauges;

  StatNames(Class<S> type) {
    S[] stats = type.getEnumConstants();
    leaves = Arrays.stream(stats).map(Stat::leaf).toArray(String[]::new);
    gauges = new boolean[stats.length];
    for (S stat : stats) {
      gauges[stat.ordinal()] = stat.isGauge();
    }
  }

  int size() {
    return leaves.length;
  }

  String leaf(int ordinal) {
    return leaves[ordinal];
  }

  boolean isGauge(int ordinal) {
    return gauges[ordinal];
  }
}
