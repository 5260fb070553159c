// SPDX-License-Identifier: Apache-2.0
package io.flotilla.check.internal;

import io.flotilla.api.Kinds;
import io.flotilla.api.Resource;
import io.flotilla.api.gateway.HttpRoute;
import io.flotilla.check.Code;
import io.flotilla.check.Finding;
import java.util.function.Consumer;

/** What a route of the Gateway API names: parents and backends. */
public final class RouteReferences {
  private RouteReferences() {}

  /** Checks all HTTP routes. */
  public static void check(Registry registry, Consumer<Finding> found) {
    for (Resource<HttpRoute> route : registry.all(Kinds.HTTP_ROUTE)) {
      String own = route.metadata().namespace();
      for (HttpRoute.ParentReference parent : route.spec().parentRefs()) {
        String namespace = parent.namespace().orElse(own);
        boolean gateway = parent.kind().orElse("Gateway").equals("Gateway");
        if (gateway && !registry.has(Kinds.KUBERNETES_GATEWAY, namespace, parent.name())) {
          found.accept(missing(route, "gateway", namespace + "/" + parent.name()));
        }
      }
      route.spec().rules().stream()
          .flatMap(rule -> rule.backendRefs().stream())
          .filter(to -> to.kind().orElse("Service").equals("Service"))
          .filter(to -> !registry.has(Kinds.SERVICE, to.namespace().orElse(own), to.name()))
          .map(to -> to.namespace().orElse(own) + "/" + to.name())
          .distinct()
          .forEach(name -> found.accept(missing(route, "host", name)));
    }
  }

  private static Finding missing(Resource<?> route, String what, String name) {
    return Finding.about(
        route,
        Code.REFERENCED_RESOURCE_NOT_FOUND,
        "Referenced " + what + " not found: \"" + name + "\"",
        "Correct the name, or add it.");
  }
}
