// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.upstream;

import io.flotilla.model.cluster.OutlierDetection;
import io.flotilla.model.cluster.OutlierRates;
import io.flotilla.proxy.metrics.ClusterStat;
import io.flotilla.proxy.metrics.ClusterStats;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;

/**
 * Sets aside the endpoints of one cluster that fail, and lets them back (Envoy documentation,
 * "Outlier detection"). Failures in a row count at once; shares of failures, and who comes back,
 * are looked at once an interval. No timer does this but who asks next: between two requests
 * nothing is learnt that would change what is found.
 */
final class OutlierWatch {
  // What was missed while nobody asked differs only in how far ejections shorten again.
  private static final int MOST_MISSED = 1000;

  private final OutlierDetection detection;
  private final ClusterStats stats;
  private final long interval;
  private long next;

  OutlierWatch(OutlierDetection detection, ClusterStats stats, long nowNanos) {
    this.stats = stats;
    this.detection = detection;
    this.interval = Math.max(TimeUnit.MILLISECONDS.toNanos(1), nanos(detection.interval()));
    this.next = nowNanos + interval;
  }

  private static long nanos(java.time.Duration duration) {
    // A hundred years is for ever, and far from overflow.
    return TimeUnit.SECONDS.toNanos(Math.min(duration.toSeconds(), 3_000_000_000L))
        + duration.toNanosPart();
  }

  /**
   * An attempt at an endpoint ended.
   *
   * @return whether it was set aside for that
   */
  boolean noted(Host host, ClusterRuntime.Outcome outcome, Collection<Host> all, long nowNanos) {
    host.note(outcome, splits());
    if (outcome == ClusterRuntime.Outcome.SUCCESS || host.isEjected()) {
      return false;
    }
    if (reached(detection.consecutiveGatewayFailure(), host.consecutiveGatewayErrors())) {
      eject(host, all, detection.enforced().gatewayFailure(), nowNanos);
      host.forgetGatewayErrors();
    }
    if (reached(detection.consecutive5xx(), host.consecutiveErrors())) {
      eject(host, all, detection.enforced().any5xx(), nowNanos);
      host.forgetErrors();
    }
    if (reached(detection.consecutiveLocalOriginFailure(), host.consecutiveLocalFailures())) {
      eject(host, all, detection.enforced().localOriginFailure(), nowNanos);
      host.forgetLocalFailures();
    }
    return host.isEjected();
  }

  private boolean splits() {
    return detection.consecutiveLocalOriginFailure().isPresent();
  }

  private static boolean reached(Optional<Integer> threshold, int failures) {
    return threshold.isPresent() && failures >= threshold.get();
  }

  /**
   * Looks at what the intervals brought that ended since it was asked last.
   *
   * @return whether an endpoint was set aside, or came back
   */
  boolean sweep(Collection<Host> all, long nowNanos) {
    if (nowNanos - next < 0) {
      return false;
    }
    long missed = (nowNanos - next) / interval;
    boolean changed = sweepOnce(all, next);
    long skipped = Math.max(0, missed - MOST_MISSED);
    next += (skipped + 1) * interval;
    while (nowNanos - next >= 0) {
      changed |= sweepOnce(all, next);
      next += interval;
    }
    return changed;
  }

  private boolean sweepOnce(Collection<Host> all, long nowNanos) {
    boolean changed = false;
    long longest = nanos(detection.longestEjection());
    long base = nanos(detection.baseEjectionTime());
    for (Host host : all) {
      if (host.isEjected()
          && Math.min((double) base * host.ejections(), longest) <= nowNanos - host.ejectedAt()) {
        host.letBack(nowNanos);
        changed = true;
      }
      host.rate().turn();
      host.localRate().turn();
    }
    OutlierRates rates = detection.rates();
    changed |=
        rates(all, Host::rate, rates.success().enforced(), rates.failure().enforced(), nowNanos);
    if (splits()) {
      changed |=
          rates(
              all,
              Host::localRate,
              rates.success().localEnforced(),
              rates.failure().localEnforced(),
              nowNanos);
    }
    for (Host host : all) {
      host.behaved(nowNanos, interval);
    }
    return changed;
  }

  private boolean rates(
      Collection<Host> all,
      Function<Host, SuccessRate> of,
      int successEnforced,
      int failureEnforced,
      long nowNanos) {
    if (successEnforced == 0 && failureEnforced == 0) {
      return false;
    }
    OutlierRates.SuccessRate success = detection.rates().success();
    OutlierRates.FailurePercentage failure = detection.rates().failure();
    List<Host> compared = busy(all, of, success.requestVolume());
    List<Host> judged = busy(all, of, failure.requestVolume());
    boolean changed = false;
    if (!compared.isEmpty() && compared.size() >= success.minimumHosts()) {
      double least =
          least(
              compared.stream().mapToDouble(h -> of.apply(h).percent()).toArray(),
              success.stdevFactor());
      for (Host host : compared) {
        if (of.apply(host).percent() < least) {
          changed |= eject(host, all, successEnforced, nowNanos);
        }
      }
    }
    if (judged.size() >= failure.minimumHosts()) {
      for (Host host : judged) {
        if (!host.isEjected() && 100.0 - of.apply(host).percent() >= failure.threshold()) {
          changed |= eject(host, all, failureEnforced, nowNanos);
        }
      }
    }
    return changed;
  }

  private static List<Host> busy(
      Collection<Host> all, Function<Host, SuccessRate> of, int requests) {
    List<Host> out = new ArrayList<>();
    for (Host host : all) {
      long volume = of.apply(host).volume();
      if (!host.isEjected() && volume > 0 && volume >= requests) {
        out.add(host);
      }
    }
    return out;
  }

  /**
   * The success rate below which an endpoint is an outlier: so many standard deviations, of all
   * endpoints as they are and not of a sample, under the mean.
   *
   * @param factor in thousandths
   */
  static double least(double[] percents, int factor) {
    double mean = 0;
    for (double percent : percents) {
      mean += percent;
    }
    mean /= percents.length;
    double variance = 0;
    for (double percent : percents) {
      variance += (percent - mean) * (percent - mean);
    }
    return mean - factor / 1000.0 * Math.sqrt(variance / percents.length);
  }

  private boolean eject(Host host, Collection<Host> all, int enforced, long nowNanos) {
    if (host.isEjected()) {
      return false;
    }
    long ejected = all.stream().filter(Host::isEjected).count();
    if ((ejected + 1) * 100 > (long) detection.maxEjectionPercent() * all.size()
        && !(detection.alwaysOne() && ejected == 0)) {
      stats.add(ClusterStat.OUTLIER_DETECTION__EJECTIONS_OVERFLOW);
      return false;
    }
    if (ThreadLocalRandom.current().nextInt(100) >= enforced) {
      return false;
    }
    stats.add(ClusterStat.OUTLIER_DETECTION__EJECTIONS_ENFORCED_TOTAL);
    double base = nanos(detection.baseEjectionTime());
    host.eject(nowNanos, base * host.ejections() < base + nanos(detection.longestEjection()));
    return true;
  }
}
