// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate.route;

import io.flotilla.translate.MeshSettings;
import io.flotilla.translate.ProxyScope;
import io.flotilla.translate.cluster.ScopedService;
import java.util.Optional;
import java.util.function.Function;

/**
 * For whom routes are made.
 *
 * @param gateway "mesh", or the Gateway "namespace/name"
 * @param port where the requests arrive, as routes match it
 * @param services the services that the scope sees, by host
 */
public record RouteContext(
    MeshSettings mesh,
    ProxyScope scope,
    String gateway,
    int port,
    Function<String, Optional<ScopedService>> services) {

  /** The service under a full host name. */
  public Optional<ScopedService> service(String host) {
    return services.apply(host);
  }

  RouteContext atPort(int other) {
    return new RouteContext(mesh, scope, gateway, other, services);
  }
}
