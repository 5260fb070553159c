// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.upstream;

import io.flotilla.model.cluster.CircuitBreakers.Limits;
import io.flotilla.model.cluster.CircuitBreakers.RetryBudget;
import io.flotilla.proxy.metrics.ClusterStat;
import io.flotilla.proxy.metrics.ClusterStats;
import io.flotilla.proxy.metrics.StatSink;

/**
 * What a cluster has under way for requests of one priority, and how much that may be (Envoy
 * documentation, "Circuit breaking"). Each place that is taken is given back once.
 */
public final class CircuitBreaker {
  // So that what waits is bounded, whatever a control plane says.
  private static final int MOST_PENDING = 4096;

  private final ClusterStats stats;
  private Limits limits;
  private final Places connections = new Places();
  private final Places pending = new Places();
  private final Places requests = new Places();
  private final Places retries = new Places();

  CircuitBreaker(ClusterStats stats, Limits limits) {
    this.stats = stats;
    this.limits = limits;
  }

  void limits(Limits now) {
    limits = now;
  }

  private static final class Places {
    private int taken;
    // As in Envoy, of the last time that a place was taken or given back.
    private boolean full;

    boolean take(long most) {
      if (taken >= most) {
        return false;
      }
      force(most);
      return true;
    }

    void force(long most) {
      taken++;
      full = taken >= most;
    }

    void giveBack(long most) {
      taken--;
      full = taken >= most;
    }

    long left(long most) {
      long known = Math.min(most, 0xFFFF_FFFFL);
      return Math.max(0, known - taken);
    }
  }

  /** Takes a place for a request that is about to be sent; false: there are as many as may be. */
  public boolean tryRequest() {
    if (requests.take(limits.maxRequests())) {
      return true;
    }
    stats.add(ClusterStat.UPSTREAM_RQ_PENDING_OVERFLOW);
    return false;
  }

  /** Gives it back. */
  public void requestEnded() {
    requests.giveBack(limits.maxRequests());
  }

  /** Takes a place for a retry; false: there are as many as may be. */
  public boolean tryRetry() {
    if (retries.take(mostRetries())) {
      return true;
    }
    stats.add(ClusterStat.UPSTREAM_RQ_RETRY_OVERFLOW);
    return false;
  }

  private long mostRetries() {
    if (limits.retryBudget().isEmpty()) {
      return limits.maxRetries();
    }
    RetryBudget budget = limits.retryBudget().get();
    double share = budget.percent() / 100 * (requests.taken + pending.taken);
    return Math.max((long) share, budget.minimum());
  }

  /** Gives it back. */
  public void retryEnded() {
    retries.giveBack(mostRetries());
  }

  /** Takes a place for a connection; false: there are as many as may be. */
  boolean tryConnect() {
    if (connections.take(limits.maxConnections())) {
      return true;
    }
    stats.add(ClusterStat.UPSTREAM_CX_OVERFLOW);
    return false;
  }

  /** Takes one more than may be: an endpoint that has none would be waited for in vain. */
  void connectAnyhow() {
    connections.force(limits.maxConnections());
  }

  void disconnected() {
    connections.giveBack(limits.maxConnections());
  }

  /** Takes a place among those that wait for a connection; false: there are as many as may be. */
  boolean tryWait() {
    if (!pending.take(Math.min(MOST_PENDING, limits.maxPendingRequests()))) {
      stats.add(ClusterStat.UPSTREAM_RQ_PENDING_OVERFLOW);
      return false;
    }
    stats.add(ClusterStat.UPSTREAM_RQ_PENDING_TOTAL);
    stats.add(ClusterStat.UPSTREAM_RQ_PENDING_ACTIVE);
    return true;
  }

  void waitEnded() {
    pending.giveBack(Math.min(MOST_PENDING, limits.maxPendingRequests()));
    stats.subtract(ClusterStat.UPSTREAM_RQ_PENDING_ACTIVE);
  }

  void tell(StatSink sink, String priority) {
    String prefix = "circuit_breakers." + priority + '.';
    open(sink, prefix + "cx_open", connections);
    open(sink, prefix + "rq_pending_open", pending);
    open(sink, prefix + "rq_open", requests);
    open(sink, prefix + "rq_retry_open", retries);
    boolean told = limits.trackRemaining();
    left(sink, prefix + "remaining_cx", told, connections.left(limits.maxConnections()));
    left(sink, prefix + "remaining_pending", told, pending.left(limits.maxPendingRequests()));
    left(sink, prefix + "remaining_rq", told, requests.left(limits.maxRequests()));
    left(
        sink,
        prefix + "remaining_retries",
        told && limits.retryBudget().isEmpty(),
        retries.left(limits.maxRetries()));
  }

  private void open(StatSink sink, String name, Places places) {
    sink.gauge(stats.scope(), name, places.full ? 1 : 0);
  }

  private void left(StatSink sink, String name, boolean told, long left) {
    sink.gauge(stats.scope(), name, told ? left : 0);
  }
}
