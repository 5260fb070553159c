// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate.policy;

import io.flotilla.model.listener.HttpFilter;
import io.flotilla.model.listener.NetworkFilter;
import java.util.List;

/**
 * The filters by which a workload guards its inbound side.
 *
 * @param http for requests, in order
 * @param tcp for connections without requests, in order
 */
public record AccessFilters(List<HttpFilter> http, List<NetworkFilter> tcp) {
  public static final AccessFilters NONE = new AccessFilters(List.of(), List.of());

  public AccessFilters {
    http = List.copyOf(http);
    tcp = List.copyOf(tcp);
  }
}
