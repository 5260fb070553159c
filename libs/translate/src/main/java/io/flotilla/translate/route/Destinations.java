// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate.route;

import io.flotilla.api.networking.Destination;
import io.flotilla.api.networking.PortSelector;
import io.flotilla.model.route.HashPolicy;
import io.flotilla.translate.cluster.ClusterName;
import io.flotilla.translate.cluster.ScopedService;
import io.flotilla.translate.service.HostName;
import java.util.Optional;

/** Which cluster a destination means. One that does not exist has a name all the same: 503, NC. */
final class Destinations {
  private Destinations() {}

  /** A destination found out. */
  record Target(String host, int port, String subset, Optional<HashPolicy> hash) {
    String cluster() {
      return ClusterName.outbound(port, subset, host);
    }
  }

  static Target resolve(Destination destination, String namespace, RouteContext context) {
    String host = HostName.qualify(destination.host(), namespace, context.mesh().domain());
    Optional<ScopedService> service = context.service(host);
    int port =
        destination
            .port()
            .flatMap(PortSelector::number)
            .orElseGet(
                () ->
                    service
                        .filter(s -> s.service().ports().size() == 1)
                        .map(s -> s.service().ports().getFirst().number())
                        .orElse(context.port()));
    String subset = destination.subset().orElse("");
    return new Target(host, port, subset, service.flatMap(s -> s.policy().of(port, subset).hash()));
  }
}
