// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.metrics;

import java.util.List;

/**
 * Which of Envoy's statistics a proxy tells Prometheus, as Istio's bootstrap has it
 * (stats_matcher): a few of the process, since the many of all clusters would cost more than they
 * tell.
 */
public final class IstioInclusion {
  private static final List<String> PREFIXES =
      List.of("cluster_manager", "listener_manager", "server", "cluster.xds-grpc");
  private static final List<String> SUFFIXES =
      List.of(
          "rbac.allowed", "rbac.denied", "shadow_allowed", "shadow_denied", "downstream_cx_active");

  private IstioInclusion() {}

  /** Whether this statistic is among them. */
  public static boolean isIncluded(String name) {
    return PREFIXES.stream().anyMatch(name::startsWith)
        || SUFFIXES.stream().anyMatch(name::endsWith);
  }
}
