// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.route;

import io.flotilla.model.Checks;
import io.flotilla.model.policy.FilterOverride;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * What a listener's HTTP traffic is routed by (Envoy: config.route.v3.RouteConfiguration).
 *
 * @param virtualHosts tried by domain: exact, then "*.suffix", then "prefix.*", then "*"
 * @param ignorePortInHostMatching the port of the authority is dropped before domains are compared
 * @param validateClusters refuse the configuration when a cluster is missing
 * @param maxDirectResponseBytes largest direct response body
 * @param filters what filters do otherwise, by their names
 */
public record RouteConfiguration(
    String name,
    List<VirtualHost> virtualHosts,
    HeaderEdits headerEdits,
    boolean ignorePortInHostMatching,
    boolean validateClusters,
    int maxDirectResponseBytes,
    Map<String, FilterOverride> filters) {

  /** Envoy's default for direct response bodies. */
  public static final int DEFAULT_MAX_DIRECT_RESPONSE_BYTES = 4096;

  public RouteConfiguration {
    virtualHosts = List.copyOf(virtualHosts);
    filters = Map.copyOf(filters);
    Set<String> seen = new HashSet<>();
    for (VirtualHost host : virtualHosts) {
      for (String domain : host.domains()) {
        Checks.require(
            seen.add(domain),
            "route configuration " + name + " has the domain '" + domain + "' twice");
      }
    }
  }

  /** With all filters as they are. */
  public RouteConfiguration(
      String name,
      List<VirtualHost> virtualHosts,
      HeaderEdits headerEdits,
      boolean ignorePortInHostMatching,
      boolean validateClusters,
      int maxDirectResponseBytes) {
    this(
        name,
        virtualHosts,
        headerEdits,
        ignorePortInHostMatching,
        validateClusters,
        maxDirectResponseBytes,
        Map.of());
  }

  /** With the defaults that Istio sends. */
  public static RouteConfiguration of(String name, List<VirtualHost> virtualHosts) {
    return new RouteConfiguration(
        name, virtualHosts, HeaderEdits.NONE, true, false, DEFAULT_MAX_DIRECT_RESPONSE_BYTES);
  }
}
