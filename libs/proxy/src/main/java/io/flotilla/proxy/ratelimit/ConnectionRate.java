// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.ratelimit;

import io.flotilla.model.listener.NetworkFilter;
import io.flotilla.proxy.metrics.Statistics;

/** Lets as many connections pass as a token bucket holds. */
public final class ConnectionRate {
  private final NetworkFilter.LocalRate model;
  private final LocalLimits limits;
  private final Statistics statistics;

  public ConnectionRate(NetworkFilter.LocalRate model, LocalLimits limits, Statistics statistics) {
    this.model = model;
    this.limits = limits;
    this.statistics = statistics;
  }

  /** Takes a token; false: there is none. */
  public boolean take() {
    if (!model.enabled()) {
      return true;
    }
    long now = System.nanoTime();
    boolean taken = limits.of(model, now).take(now);
    if (!taken) {
      statistics.count("local_rate_limit." + model.statPrefix(), "rate_limited");
    }
    return taken;
  }
}
