// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate.route;

import io.flotilla.api.networking.RouteDestination;
import io.flotilla.api.networking.TcpRoute;
import io.flotilla.api.networking.TlsRoute;
import io.flotilla.model.address.CidrRange;
import io.flotilla.model.route.ClusterChoice;
import io.flotilla.model.route.HeaderEdits;
import io.flotilla.translate.cluster.ClusterName;
import io.flotilla.translate.service.HostName;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** The TLS and TCP routes of a VirtualService as rules for connections to one port. */
public final class TcpRouteTranslator {
  private final RouteContext context;

  public TcpRouteTranslator(RouteContext context) {
    this.context = context;
  }

  /**
   * Rules by server name.
   *
   * @param hosts the names that are served here; routes for others are left out
   */
  public List<TcpRule> tls(RoutingRule rule, List<String> hosts) {
    List<TcpRule> out = new ArrayList<>();
    for (TlsRoute route : rule.tls()) {
      for (TlsRoute.Match match : route.match()) {
        List<String> names =
            match.sniHosts().stream()
                .filter(sni -> hosts.stream().anyMatch(host -> HostName.overlap(host, sni)))
                .toList();
        if (!names.isEmpty()
            && applies(
                rule,
                match.gateways(),
                match.port(),
                match.sourceLabels(),
                match.sourceNamespace())) {
          out.add(
              new TcpRule(
                  names,
                  ranges(match.destinationSubnets()),
                  choice(route.route(), rule),
                  rule.source()));
        }
      }
    }
    return out;
  }

  /** Rules for connections of any kind. */
  public List<TcpRule> tcp(RoutingRule rule) {
    List<TcpRule> out = new ArrayList<>();
    for (TcpRoute route : rule.tcp()) {
      if (route.match().isEmpty()) {
        out.add(new TcpRule(List.of(), List.of(), choice(route.route(), rule), rule.source()));
        return out;
      }
      for (TcpRoute.Match match : route.match()) {
        if (applies(
            rule, match.gateways(), match.port(), match.sourceLabels(), match.sourceNamespace())) {
          out.add(
              new TcpRule(
                  List.of(),
                  ranges(match.destinationSubnets()),
                  choice(route.route(), rule),
                  rule.source()));
        }
      }
    }
    return out;
  }

  private boolean applies(
      RoutingRule rule,
      List<String> gateways,
      Optional<Integer> port,
      Map<String, String> sourceLabels,
      Optional<String> sourceNamespace) {
    return (gateways.isEmpty()
            || gateways.stream()
                .anyMatch(g -> RoutingRule.gateway(g, rule.namespace()).equals(context.gateway())))
        && port.map(p -> p == context.port()).orElse(true)
        && (context.scope().isGateway()
            || (context.scope().selectedBy(sourceLabels)
                && sourceNamespace.map(ns -> ns.equals(context.scope().namespace())).orElse(true)));
  }

  private static List<CidrRange> ranges(List<String> subnets) {
    List<CidrRange> out = new ArrayList<>();
    for (String subnet : subnets) {
      int slash = subnet.indexOf('/');
      if (slash < 0) {
        out.add(new CidrRange(subnet, subnet.indexOf(':') >= 0 ? 128 : 32));
      } else {
        out.add(
            new CidrRange(
                subnet.substring(0, slash), Integer.parseInt(subnet.substring(slash + 1))));
      }
    }
    return out;
  }

  private ClusterChoice choice(List<RouteDestination> to, RoutingRule rule) {
    if (to.size() == 1) {
      return new ClusterChoice.Single(
          Destinations.resolve(to.getFirst().destination(), rule.namespace(), context).cluster());
    }
    List<ClusterChoice.WeightedCluster> weighted = new ArrayList<>();
    for (RouteDestination one : to) {
      if (one.weight().orElse(0) > 0) {
        weighted.add(
            new ClusterChoice.WeightedCluster(
                Destinations.resolve(one.destination(), rule.namespace(), context).cluster(),
                one.weight().get(),
                HeaderEdits.NONE));
      }
    }
    return weighted.isEmpty()
        ? new ClusterChoice.Single(ClusterName.BLACK_HOLE)
        : new ClusterChoice.Weighted(weighted);
  }
}
