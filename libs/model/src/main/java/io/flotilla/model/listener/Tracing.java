// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.listener;

import io.flotilla.model.match.Percentage;
import java.util.Map;
import java.util.Optional;

/**
 * Spans of a connection manager.
 *
 * @param exporterCluster the cluster that takes OTLP over gRPC; empty: context is passed on, no
 *     span is sent
 * @param serviceName the span's service ("reviews.default")
 * @param clientSampling of requests that ask for it by header
 * @param customTags literal values
 */
public record Tracing(
    Optional<String> exporterCluster,
    String serviceName,
    Percentage clientSampling,
    Percentage randomSampling,
    Percentage overallSampling,
    Map<String, String> customTags) {
  public Tracing {
    customTags = Map.copyOf(customTags);
  }
}
