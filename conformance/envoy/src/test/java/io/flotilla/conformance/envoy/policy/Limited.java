// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.envoy.policy;

import io.flotilla.model.address.SocketAddress;
import io.flotilla.model.listener.FilterChain;
import io.flotilla.model.listener.HttpConnectionManager;
import io.flotilla.model.listener.HttpFilter;
import io.flotilla.model.listener.Listener;
import io.flotilla.model.match.PathMatch;
import io.flotilla.model.policy.FilterOverride;
import io.flotilla.model.policy.RateLimitRule;
import io.flotilla.model.route.HeaderEdits;
import io.flotilla.model.route.Route;
import io.flotilla.model.route.RouteAction;
import io.flotilla.model.route.RouteConfiguration;
import io.flotilla.model.route.RouteMatch;
import io.flotilla.model.route.VirtualHost;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Routes and listeners with rate limits. */
final class Limited {
  private Limited() {}

  /** To the cluster "app". */
  static Route at(String path, Map<String, FilterOverride> filters, List<RateLimitRule> rules) {
    return new Route(
        path,
        RouteMatch.of(new PathMatch.Prefix(path)),
        RouteAction.Forward.to("app"),
        HeaderEdits.NONE,
        Optional.empty(),
        Optional.empty(),
        "",
        "",
        filters,
        rules);
  }

  /** One that limits by {@code filter}, by the rules of its routes and one of their host. */
  static Listener listener(
      String name, List<Route> routes, RateLimitRule ofHost, HttpFilter filter) {
    VirtualHost host =
        new VirtualHost(
            "all",
            List.of("*"),
            routes,
            HeaderEdits.NONE,
            Optional.empty(),
            false,
            Map.of(),
            List.of(ofHost));
    return Listener.of(
        name,
        new SocketAddress("127.0.0.1", 0),
        Listener.TrafficDirection.INBOUND,
        FilterChain.plain(
            "all",
            HttpConnectionManager.of(
                name,
                new HttpConnectionManager.RouteSource.Inline(
                    RouteConfiguration.of(name, List.of(host))),
                List.of(filter, new HttpFilter.Router(false)))));
  }
}
