// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.cluster;

import io.flotilla.model.Checks;

/**
 * When an endpoint is set aside for what share of an interval's requests it failed (Envoy
 * documentation, "Outlier detection": success rate, failure percentage). Where failures on the way
 * are split from those of the server, either is looked at by itself.
 */
public record OutlierRates(SuccessRate success, FailurePercentage failure) {
  /** What Envoy does where it is told nothing. */
  public static final OutlierRates ENVOYS =
      new OutlierRates(
          new SuccessRate(5, 100, 1900, 100, 100), new FailurePercentage(5, 50, 85, 0, 0));

  /** Envoy's, with all of it off. */
  public static final OutlierRates OFF =
      new OutlierRates(new SuccessRate(5, 100, 1900, 0, 0), ENVOYS.failure());

  /**
   * Below the mean of all endpoints by so many standard deviations.
   *
   * @param minimumHosts that must have had enough requests
   * @param requestVolume in an interval, to be looked at
   * @param stdevFactor in thousandths
   * @param enforced chance in percent that it is acted on; 0: off
   * @param localEnforced the same for failures on the way
   */
  public record SuccessRate(
      int minimumHosts, int requestVolume, int stdevFactor, int enforced, int localEnforced) {
    public SuccessRate {
      Checks.inRange(minimumHosts, 0, Integer.MAX_VALUE, "least hosts of the success rate");
      Checks.inRange(requestVolume, 0, Integer.MAX_VALUE, "least requests of the success rate");
      Checks.inRange(stdevFactor, 0, Integer.MAX_VALUE, "factor of the standard deviation");
      Checks.inRange(enforced, 0, 100, "enforcement of the success rate");
      Checks.inRange(localEnforced, 0, 100, "enforcement of the local origin success rate");
    }
  }

  /**
   * A share of failures, whatever the others do.
   *
   * @param minimumHosts that must have had enough requests
   * @param requestVolume in an interval, to be looked at
   * @param threshold percent of failures from which on it is set aside
   * @param enforced chance in percent that it is acted on; 0: off
   * @param localEnforced the same for failures on the way
   */
  public record FailurePercentage(
      int minimumHosts, int requestVolume, int threshold, int enforced, int localEnforced) {
    public FailurePercentage {
      Checks.inRange(minimumHosts, 0, Integer.MAX_VALUE, "least hosts of failure percentage");
      Checks.inRange(requestVolume, 0, Integer.MAX_VALUE, "least requests of failure percentage");
      Checks.inRange(threshold, 0, 100, "threshold of failure percentage");
      Checks.inRange(enforced, 0, 100, "enforcement of failure percentage");
      Checks.inRange(localEnforced, 0, 100, "enforcement of local origin failure percentage");
    }
  }
}
