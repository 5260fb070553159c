// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.envoy.differential;

import io.flotilla.model.route.Route;
import io.flotilla.model.route.RouteConfiguration;
import io.flotilla.model.route.VirtualHost;
import java.util.stream.Collectors;

/** A difference in words that let a reader see it without running anything. */
final class Case {
  private Case() {}

  static String describe(String difference, Suite.Pair pair, RouteConfiguration routes) {
    StringBuilder b = new StringBuilder(difference);
    b.append("\n    ")
        .append(pair.request().method())
        .append(' ')
        .append(pair.request().target())
        .append(' ')
        .append(
            pair.request().headers().stream()
                .map(f -> f.name() + ": " + f.value())
                .collect(Collectors.joining(", ")));
    b.append("\n    envoy ").append(pair.envoy().answer().status()).append(pair.envoy().log());
    b.append("\n    ours  ").append(pair.ours().answer().status()).append(pair.ours().log());
    for (VirtualHost host : routes.virtualHosts()) {
      for (Route route : host.routes()) {
        if (route.name().equals(pair.envoy().log().get(4))
            || route.name().equals(pair.ours().log().get(4))) {
          b.append("\n    ").append(host.domains()).append(' ').append(route);
          b.append("\n    host: ")
              .append(host.headerEdits())
              .append(host.retryPolicy())
              .append(" config: ")
              .append(routes.headerEdits());
        }
      }
    }
    return b.toString();
  }
}
