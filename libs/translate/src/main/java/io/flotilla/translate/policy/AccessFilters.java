// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate.policy;

import io.flotilla.model.cluster.Cluster;
import io.flotilla.model.listener.HttpFilter;
import io.flotilla.model.listener.NetworkFilter;
import java.util.List;
import java.util.Map;

/**
 * The filters by which a workload guards its inbound side.
 *
 * @param http for requests, in order
 * @param tcp for connections without requests, in order
 * @param clusters that the filters need beside those of the mesh, by name
 */
public record AccessFilters(
    List<HttpFilter> http, List<NetworkFilter> tcp, Map<String, Cluster> clusters) {
  public static final AccessFilters NONE = new AccessFilters(List.of(), List.of(), Map.of());

  public AccessFilters {
    http = List.copyOf(http);
    tcp = List.copyOf(tcp);
    clusters = Map.copyOf(clusters);
  }
}
