// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.cluster;

import io.flotilla.model.Checks;
import java.time.Duration;
import java.util.Optional;

/**
 * When an endpoint is set aside. Empty thresholds: that detector is off.
 *
 * @param maxEjectionPercent of the cluster's endpoints, 0 to 100
 * @param minHealthPercent below it, detection is off; 0 to 100
 */
public record OutlierDetection(
    Optional<Integer> consecutive5xx,
    Optional<Integer> consecutiveGatewayFailure,
    Optional<Integer> consecutiveLocalOriginFailure,
    Duration interval,
    Duration baseEjectionTime,
    int maxEjectionPercent,
    int minHealthPercent) {
  public OutlierDetection {
    Checks.inRange(maxEjectionPercent, 0, 100, "greatest ejection percentage");
    Checks.inRange(minHealthPercent, 0, 100, "least health percentage");
  }
}
