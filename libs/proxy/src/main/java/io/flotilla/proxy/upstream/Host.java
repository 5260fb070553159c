// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.upstream;

import io.flotilla.model.endpoint.Endpoint;
import io.flotilla.model.endpoint.Locality;
import java.net.InetSocketAddress;
import org.jspecify.annotations.Nullable;

/** One endpoint at run time. */
public final class Host {
  private Endpoint endpoint;
  private final InetSocketAddress address;
  private @Nullable String addressText;
  private int active;
  private int errors;
  private int gatewayErrors;
  private int localFailures;
  private boolean ejected;
  private long ejectedAtNanos;
  private boolean wasEjected;
  private long returnedAtNanos;
  // How many times the base an ejection lasts.
  private int ejections;
  private final SuccessRate rate = new SuccessRate();
  private final SuccessRate localRate = new SuccessRate();
  private boolean failedCheck;
  private boolean saysDegraded;
  // The control plane names it no longer, but its checks find it well.
  private boolean leaving;
  private int priority;
  private boolean wasWell;
  private long wellSinceNanos;
  private Locality locality = Locality.NONE;
  private int localityWeight;
  private long requests;
  private long failures;

  Host(Endpoint endpoint, InetSocketAddress address) {
    this.endpoint = endpoint;
    this.address = address;
  }

  /** "ip:port". */
  public String addressText() {
    String known = addressText;
    if (known == null) {
      known = address.getAddress().getHostAddress() + ":" + address.getPort();
      addressText = known;
    }
    return known;
  }

  void endpoint(Endpoint now) {
    endpoint = now;
  }

  /** Whether its health check failed, or has not been answered yet. */
  public boolean failedCheck() {
    return failedCheck;
  }

  /** Why it gets no requests, as Envoy's admin page names it. */
  public String healthFlags() {
    StringBuilder b = new StringBuilder();
    if (failedCheck) {
      b.append("/failed_active_hc");
    }
    if (ejected) {
      b.append("/failed_outlier_check");
    }
    switch (endpoint.health()) {
      case UNHEALTHY -> b.append("/failed_eds_health");
      case DRAINING -> b.append("/eds_status_draining");
      case DEGRADED -> b.append("/degraded_eds_health");
      case HEALTHY -> {}
    }
    if (saysDegraded) {
      b.append("/degraded_active_hc");
    }
    if (leaving) {
      b.append("/pending_dynamic_removal");
    }
    return b.isEmpty() ? "healthy" : b.toString();
  }

  /** What a health check found. */
  void checked(boolean failed, boolean degraded) {
    failedCheck = failed;
    saysDegraded = degraded;
  }

  /** It became well, which it was not before. */
  void becameWell(long nowNanos) {
    wasWell = true;
    wellSinceNanos = nowNanos;
  }

  /** It is seen; if it is well, then since now at the latest. */
  void foundWell(long nowNanos) {
    if (!wasWell && health() == Levels.Health.HEALTHY) {
      becameWell(nowNanos);
    }
  }

  /** Since it first was seen to be well, or came back by its check; however it is now. */
  long wellForNanos(long nowNanos) {
    return wasWell ? nowNanos - wellSinceNanos : Long.MAX_VALUE;
  }

  /** 0 is used first. */
  public int priority() {
    return priority;
  }

  void priority(int now) {
    priority = now;
  }

  Locality locality() {
    return locality;
  }

  int localityWeight() {
    return localityWeight;
  }

  void locality(Locality now, int weight) {
    locality = now;
    localityWeight = weight;
  }

  boolean isLeaving() {
    return leaving;
  }

  void leaving(boolean now) {
    leaving = now;
  }

  Levels.Health health() {
    if (failedCheck || ejected) {
      return Levels.Health.UNHEALTHY;
    }
    return switch (endpoint.health()) {
      case HEALTHY -> saysDegraded ? Levels.Health.DEGRADED : Levels.Health.HEALTHY;
      case DEGRADED -> Levels.Health.DEGRADED;
      case UNHEALTHY, DRAINING -> Levels.Health.UNHEALTHY;
    };
  }

  /** What the control plane says of it. */
  public Endpoint endpoint() {
    return endpoint;
  }

  /** Where it is reached. */
  public InetSocketAddress address() {
    return address;
  }

  /** Requests and connections under way. */
  public int active() {
    return active;
  }

  /** A request or TCP connection goes there. */
  public void started() {
    active++;
    requests++;
  }

  /** A connection is there for it, which ends a row of failures on the way. */
  public void connected() {
    localFailures = 0;
    localRate.add(true);
  }

  /** It ended. */
  public void ended() {
    active--;
  }

  /** All there ever were. */
  public long requests() {
    return requests;
  }

  /** All that failed: no answer, or 5xx. */
  public long failures() {
    return failures;
  }

  boolean isEjected() {
    return ejected;
  }

  long ejectedAt() {
    return ejectedAtNanos;
  }

  /** Of what it answered; what failed on the way counts, too, where that is not split off. */
  SuccessRate rate() {
    return rate;
  }

  /** Of what happened on the way to it. */
  SuccessRate localRate() {
    return localRate;
  }

  int consecutiveErrors() {
    return errors;
  }

  int consecutiveGatewayErrors() {
    return gatewayErrors;
  }

  int consecutiveLocalFailures() {
    return localFailures;
  }

  /**
   * @param split what happens on the way counts by itself; otherwise it counts as a gateway's error
   */
  void note(ClusterRuntime.Outcome outcome, boolean split) {
    boolean local = outcome == ClusterRuntime.Outcome.LOCAL_FAILURE;
    if (outcome != ClusterRuntime.Outcome.SUCCESS) {
      failures++;
    }
    localFailures = local ? localFailures + 1 : 0;
    if (local) {
      localRate.add(false);
    }
    if (local && split) {
      return;
    }
    rate.add(outcome == ClusterRuntime.Outcome.SUCCESS);
    errors = outcome == ClusterRuntime.Outcome.SUCCESS ? 0 : errors + 1;
    gatewayErrors =
        local || outcome == ClusterRuntime.Outcome.GATEWAY_ERROR ? gatewayErrors + 1 : 0;
  }

  void forgetErrors() {
    errors = 0;
  }

  void forgetGatewayErrors() {
    gatewayErrors = 0;
  }

  void forgetLocalFailures() {
    localFailures = 0;
  }

  /**
   * @param longer whether the next ejection lasts longer than the one before
   */
  void eject(long nowNanos, boolean longer) {
    ejected = true;
    ejectedAtNanos = nowNanos;
    ejections += longer ? 1 : 0;
  }

  /** Gets requests again. */
  void letBack(long nowNanos) {
    ejected = false;
    wasEjected = true;
    returnedAtNanos = nowNanos;
    errors = 0;
    gatewayErrors = 0;
    localFailures = 0;
  }

  /** Was well for an interval. */
  void behaved(long nowNanos, long intervalNanos) {
    if (!ejected && wasEjected && nowNanos - returnedAtNanos >= intervalNanos && ejections > 0) {
      ejections--;
    }
  }

  /** As if it had never been set aside, nor failed. */
  void pardon() {
    ejected = false;
    wasEjected = false;
    wasWell = false;
    ejections = 0;
    errors = 0;
    gatewayErrors = 0;
    localFailures = 0;
    rate.forget();
    localRate.forget();
  }

  int ejections() {
    return ejections;
  }
}
