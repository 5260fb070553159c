// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.endpoint;

import io.flotilla.model.Checks;
import java.util.List;

/**
 * Endpoints of one locality.
 *
 * @param priority 0 is used first
 * @param weight of the locality among those of its priority; where localities are weighted, 0 gets
 *     no requests
 */
public record LocalityEndpoints(
    Locality locality, int priority, int weight, List<Endpoint> endpoints) {
  public LocalityEndpoints {
    Checks.inRange(priority, 0, 127, "priority of a locality");
    Checks.inRange(weight, 0, Integer.MAX_VALUE, "weight of a locality");
    endpoints = List.copyOf(endpoints);
  }
}
