// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.route;

import io.flotilla.model.policy.Cors;
import io.flotilla.model.policy.Fault;
import io.flotilla.model.policy.FilterOverride;
import io.flotilla.model.policy.RateLimitRule;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * One rule of a virtual host.
 *
 * @param name may be empty; Istio uses "default"
 * @param fault overrides the fault filter's own configuration
 * @param cors overrides the CORS filter's own configuration
 * @param tracingOperation the span's name ("reviews.default.svc.cluster.local:9080/*"), empty: the
 *     default
 * @param source the object that it came from, "networking.istio.io/v1/VirtualService ns/name", or
 *     empty
 * @param filters what filters do otherwise, by their names
 * @param rateLimits by what its requests are told apart when they are counted
 */
public record Route(
    String name,
    RouteMatch match,
    RouteAction action,
    HeaderEdits headerEdits,
    Optional<Fault> fault,
    Optional<Cors> cors,
    String tracingOperation,
    String source,
    Map<String, FilterOverride> filters,
    List<RateLimitRule> rateLimits) {
  public Route {
    filters = Map.copyOf(filters);
    rateLimits = List.copyOf(rateLimits);
  }

  /** With all filters as they are. */
  public Route(
      String name,
      RouteMatch match,
      RouteAction action,
      HeaderEdits headerEdits,
      Optional<Fault> fault,
      Optional<Cors> cors,
      String tracingOperation,
      String source) {
    this(
        name,
        match,
        action,
        headerEdits,
        fault,
        cors,
        tracingOperation,
        source,
        Map.of(),
        List.of());
  }

  /** Whose requests are counted with all others. */
  public Route(
      String name,
      RouteMatch match,
      RouteAction action,
      HeaderEdits headerEdits,
      Optional<Fault> fault,
      Optional<Cors> cors,
      String tracingOperation,
      String source,
      Map<String, FilterOverride> filters) {
    this(
        name,
        match,
        action,
        headerEdits,
        fault,
        cors,
        tracingOperation,
        source,
        filters,
        List.of());
  }

  /** Without edits, faults and CORS. */
  public static Route of(String name, RouteMatch match, RouteAction action) {
    return new Route(
        name, match, action, HeaderEdits.NONE, Optional.empty(), Optional.empty(), "", "");
  }

  /** The clusters that this route may choose, mirrors included; empty for cluster headers. */
  public List<String> clusters() {
    return action.clusters();
  }
}
