// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate;

import io.flotilla.api.networking.Destination;
import io.flotilla.api.networking.HttpRoute;
import io.flotilla.api.networking.PortSelector;
import io.flotilla.api.networking.RouteDestination;
import io.flotilla.api.networking.VirtualService;
import io.flotilla.translate.cluster.ScopedService;
import io.flotilla.translate.route.RoutingRule;
import io.flotilla.translate.service.HostName;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.Function;
import java.util.function.Predicate;

/**
 * What a VirtualService asks for in vain: hosts, ports, subsets and gateways that are not there.
 */
public final class DestinationCheck {
  private final MeshSettings mesh;
  private final Function<String, Optional<ScopedService>> services;

  /**
   * Against a mesh.
   *
   * @param services by host, as the VirtualService's namespace sees them
   */
  public DestinationCheck(MeshSettings mesh, Function<String, Optional<ScopedService>> services) {
    this.mesh = mesh;
    this.services = services;
  }

  /**
   * The problems of one rule.
   *
   * @param gateways whether there is a Gateway "namespace/name"
   */
  public List<Problem> check(RoutingRule rule, Predicate<String> gateways) {
    List<Problem> out = new ArrayList<>();
    rule.gateways().stream()
        .sorted()
        .filter(gateway -> !gateway.equals(VirtualService.MESH) && !gateways.test(gateway))
        .forEach(
            gateway ->
                out.add(
                    problem(
                        rule,
                        "MissingGateway",
                        "is bound to the Gateway '"
                            + gateway
                            + "', which does not exist; create it or correct the name")));
    for (HttpRoute route : rule.http()) {
      route.route().forEach(to -> check(rule, to.destination(), out));
      route.mirror().ifPresent(to -> check(rule, to, out));
      route.mirrors().forEach(mirror -> check(rule, mirror.destination(), out));
    }
    rule.tls().forEach(r -> checkAll(rule, r.route(), out));
    rule.tcp().forEach(r -> checkAll(rule, r.route(), out));
    return out.stream().distinct().toList();
  }

  private void checkAll(RoutingRule rule, List<RouteDestination> route, List<Problem> out) {
    route.forEach(to -> check(rule, to.destination(), out));
  }

  private void check(RoutingRule rule, Destination destination, List<Problem> out) {
    String host = HostName.qualify(destination.host(), rule.namespace(), mesh.domain());
    Optional<ScopedService> found = services.apply(host);
    if (found.isEmpty()) {
      out.add(
          problem(
              rule,
              "MissingHost",
              "routes to the host '"
                  + host
                  + "', which no service has; requests that take this route get 503 until one"
                  + " exists"));
      return;
    }
    destination
        .port()
        .flatMap(PortSelector::number)
        .filter(port -> found.get().service().port(port).isEmpty())
        .ifPresent(
            port ->
                out.add(
                    problem(
                        rule,
                        "MissingPort",
                        "routes to port " + port + " of '" + host + "', which has no such port")));
    destination
        .subset()
        .filter(subset -> !found.get().policy().subsets().containsKey(subset))
        .ifPresent(
            subset ->
                out.add(
                    problem(
                        rule,
                        "MissingSubset",
                        "routes to the subset '"
                            + subset
                            + "' of '"
                            + host
                            + "', which no DestinationRule names; requests that take this route"
                            + " get 503 until one does")));
  }

  private static Problem problem(RoutingRule rule, String code, String what) {
    return new Problem(code, rule.source(), rule.description() + " " + what);
  }
}
