// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.policy;

import io.flotilla.model.Checks;
import java.time.Duration;
import java.util.Map;

/**
 * A service that proxies themselves ask by gRPC (Envoy: config.core.v3.GrpcService).
 *
 * @param cluster how it is reached
 * @param authority empty: the cluster's name
 * @param timeout zero: none
 * @param metadata headers that are sent along
 */
public record GrpcService(
    String cluster, String authority, Duration timeout, Map<String, String> metadata) {
  public GrpcService {
    Checks.notEmpty(cluster, "cluster of a gRPC service");
    Checks.notNegative(timeout, "time-out of the gRPC service at cluster " + cluster);
    metadata = Map.copyOf(metadata);
  }
}
