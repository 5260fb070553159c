// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.cluster;

import io.flotilla.model.Checks;
import java.util.Optional;

/**
 * Which of a cluster's endpoints take part.
 *
 * @param healthCheck an endpoint that fails it gets no requests
 * @param forgetAtOnce whether an endpoint that the control plane no longer names goes also while
 *     its check finds it well
 * @param panicPercent the least share of endpoints that are well, below which all are trusted;
 *     empty: what outlier detection says, or half
 * @param localityWeighted whether the weights of localities share out requests
 * @param subsets parts of the cluster that routes may ask for
 */
public record EndpointRules(
    Optional<HealthCheck> healthCheck,
    boolean forgetAtOnce,
    Optional<Integer> panicPercent,
    boolean localityWeighted,
    Optional<Subsets> subsets) {
  public static final EndpointRules DEFAULT =
      new EndpointRules(Optional.empty(), false, Optional.empty(), false, Optional.empty());

  public EndpointRules {
    panicPercent.ifPresent(p -> Checks.inRange(p, 0, 100, "panic threshold"));
  }

  /** Without subsets. */
  public EndpointRules(
      Optional<HealthCheck> healthCheck,
      boolean forgetAtOnce,
      Optional<Integer> panicPercent,
      boolean localityWeighted) {
    this(healthCheck, forgetAtOnce, panicPercent, localityWeighted, Optional.empty());
  }
}
