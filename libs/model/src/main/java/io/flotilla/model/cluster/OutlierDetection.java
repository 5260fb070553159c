// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.cluster;

import io.flotilla.model.Checks;
import io.flotilla.model.InvalidModelException;
import java.time.Duration;
import java.util.Optional;

/**
 * When an endpoint is set aside. Empty thresholds: that detector is off.
 *
 * @param interval how often rates are looked at, and endpoints let back
 * @param maxEjectionPercent of the cluster's endpoints, 0 to 100
 * @param minHealthPercent below it, detection is off; 0 to 100
 * @param maxEjectionTime the most that repeated ejections grow to; empty: five minutes, or the base
 *     where that is more
 * @param alwaysOne whether one endpoint may be set aside whatever {@code maxEjectionPercent} says
 * @param enforced how often the detectors of failures in a row are acted on
 */
public record OutlierDetection(
    Optional<Integer> consecutive5xx,
    Optional<Integer> consecutiveGatewayFailure,
    Optional<Integer> consecutiveLocalOriginFailure,
    Duration interval,
    Duration baseEjectionTime,
    int maxEjectionPercent,
    int minHealthPercent,
    Optional<Duration> maxEjectionTime,
    boolean alwaysOne,
    Enforced enforced,
    OutlierRates rates) {
  private static final Duration MOST_EJECTION = Duration.ofMinutes(5);

  public OutlierDetection {
    Checks.inRange(maxEjectionPercent, 0, 100, "greatest ejection percentage");
    Checks.inRange(minHealthPercent, 0, 100, "least health percentage");
    if (maxEjectionTime.isPresent() && maxEjectionTime.get().compareTo(baseEjectionTime) < 0) {
      throw new InvalidModelException(
          "the greatest ejection time "
              + maxEjectionTime.get()
              + " is less than the base ejection time "
              + baseEjectionTime);
    }
  }

  /** Of failures in a row alone, always enforced. */
  public OutlierDetection(
      Optional<Integer> consecutive5xx,
      Optional<Integer> consecutiveGatewayFailure,
      Optional<Integer> consecutiveLocalOriginFailure,
      Duration interval,
      Duration baseEjectionTime,
      int maxEjectionPercent,
      int minHealthPercent) {
    this(
        consecutive5xx,
        consecutiveGatewayFailure,
        consecutiveLocalOriginFailure,
        interval,
        baseEjectionTime,
        maxEjectionPercent,
        minHealthPercent,
        Optional.empty(),
        false,
        Enforced.ALWAYS,
        OutlierRates.OFF);
  }

  /** How often what was detected is acted on, in percent; 1 to 100 where the detector is on. */
  public record Enforced(int any5xx, int gatewayFailure, int localOriginFailure) {
    public static final Enforced ALWAYS = new Enforced(100, 100, 100);

    public Enforced {
      Checks.inRange(any5xx, 0, 100, "enforcement of consecutive 5xx");
      Checks.inRange(gatewayFailure, 0, 100, "enforcement of consecutive gateway failures");
      Checks.inRange(localOriginFailure, 0, 100, "enforcement of local origin failures");
    }
  }

  /** The most that repeated ejections grow to. */
  public Duration longestEjection() {
    return maxEjectionTime.orElse(
        baseEjectionTime.compareTo(MOST_EJECTION) > 0 ? baseEjectionTime : MOST_EJECTION);
  }
}
