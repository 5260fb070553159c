// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate.route;

import io.flotilla.model.route.Route;
import io.flotilla.model.route.RouteAction;
import io.flotilla.model.route.RouteConfiguration;
import io.flotilla.model.route.RouteMatch;
import io.flotilla.model.route.VirtualHost;
import io.flotilla.translate.MeshSettings;
import io.flotilla.translate.ProxyScope;
import io.flotilla.translate.cluster.ScopedService;
import io.flotilla.translate.listener.GatewayServer;
import io.flotilla.translate.service.HostName;
import io.flotilla.translate.service.Protocol;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** What the servers of a gateway route by: the VirtualServices that are bound to them. */
public final class GatewayRoutes {
  private final MeshSettings mesh;
  private final ProxyScope scope;
  private final Function<String, Optional<ScopedService>> services;

  public GatewayRoutes(
      MeshSettings mesh, ProxyScope scope, Function<String, Optional<ScopedService>> services) {
    this.mesh = mesh;
    this.scope = scope;
    this.services = services;
  }

  /** The route configurations of all servers that route HTTP, by name. */
  public Map<String, RouteConfiguration> configurations(
      List<GatewayServer> servers, Collection<RoutingRule> rules) {
    Map<String, Map<String, Host>> byName = new LinkedHashMap<>();
    Map<String, Integer> ports = new LinkedHashMap<>();
    for (GatewayServer server : servers) {
      if (server.routesHttp()) {
        ports.putIfAbsent(server.routesName(), server.port());
        collect(
            server, rules, byName.computeIfAbsent(server.routesName(), n -> new LinkedHashMap<>()));
      }
    }
    Map<String, RouteConfiguration> out = new LinkedHashMap<>();
    byName.forEach(
        (name, hosts) ->
            out.put(
                name,
                VirtualHosts.configuration(
                    name,
                    hosts.isEmpty()
                        ? List.of(
                            VirtualHost.of("blackhole:" + ports.get(name), List.of("*"), List.of()))
                        : hosts.values().stream().map(Host::build).toList(),
                    Optional.empty(),
                    true)));
    return out;
  }

  private void collect(
      GatewayServer server, Collection<RoutingRule> rules, Map<String, Host> hosts) {
    for (RoutingRule rule : rules.stream().sorted(RoutingRule.OLDEST_FIRST).toList()) {
      if (!rule.boundTo(server.gateway()) || rule.http().isEmpty()) {
        continue;
      }
      List<Route> routes = null;
      for (String host : served(server, rule)) {
        if (routes == null) {
          routes = new RouteTranslator(context(server)).ofRule(rule);
        }
        hosts
            .computeIfAbsent(host, h -> new Host(h + ":" + server.port(), h))
            .add(routes, server.httpsRedirect());
      }
    }
    if (server.httpsRedirect()) {
      for (String host : server.hostNames()) {
        hosts.computeIfAbsent(host, h -> new Host(h + ":" + server.port(), h)).add(List.of(), true);
      }
    }
  }

  private RouteContext context(GatewayServer server) {
    return new RouteContext(mesh, scope, server.gateway(), server.port(), services);
  }

  /** Where a server that passes connections on sends them. */
  public List<TcpRule> rules(GatewayServer server, Collection<RoutingRule> rules) {
    TcpRouteTranslator translator = new TcpRouteTranslator(context(server));
    List<TcpRule> out = new ArrayList<>();
    for (RoutingRule rule : rules.stream().sorted(RoutingRule.OLDEST_FIRST).toList()) {
      if (!rule.boundTo(server.gateway()) || served(server, rule).isEmpty()) {
        continue;
      }
      if (server.protocol().isTls() && passesThrough(server)) {
        out.addAll(translator.tls(rule, server.hostNames()));
      } else if (server.protocol() == Protocol.TCP || server.tls().isPresent()) {
        out.addAll(translator.tcp(rule));
      }
    }
    return out;
  }

  private static boolean passesThrough(GatewayServer server) {
    return server.tls().map(t -> t.mode() == GatewayServer.ServerTls.Mode.PASSTHROUGH).orElse(true);
  }

  /** The names that both the server and the rule speak of. */
  private static List<String> served(GatewayServer server, RoutingRule rule) {
    List<String> out = new ArrayList<>();
    for (String host : rule.hosts()) {
      for (String written : server.hosts()) {
        int slash = written.indexOf('/');
        String namespace = slash < 0 ? "*" : written.substring(0, slash);
        String own = server.gateway().substring(0, server.gateway().indexOf('/'));
        boolean allowed =
            namespace.equals("*")
                || namespace.equals(rule.namespace())
                || (namespace.equals(".") && own.equals(rule.namespace()));
        String name = written.substring(slash + 1);
        if (allowed && HostName.overlap(name, host)) {
          String narrower = HostName.narrower(name, host);
          if (!out.contains(narrower)) {
            out.add(narrower);
          }
        }
      }
    }
    return out;
  }

  /** A virtual host that several rules may add to. */
  private static final class Host {
    private final String name;
    private final String domain;
    private final List<Route> routes = new ArrayList<>();
    private final List<Route> rest = new ArrayList<>();
    private boolean redirects;

    Host(String name, String domain) {
      this.name = name;
      this.domain = domain;
    }

    void add(List<Route> more, boolean httpsRedirect) {
      redirects |= httpsRedirect;
      for (Route route : more) {
        (RouteTranslator.takesAll(route.match()) ? rest : routes).add(route);
      }
    }

    /** What takes everything comes last, whichever rule it is of. */
    VirtualHost build() {
      List<Route> all = new ArrayList<>(routes);
      all.addAll(rest);
      return VirtualHost.of(
          name,
          List.of(domain),
          redirects
              ? List.of(
                  Route.of(
                      "https-redirect",
                      RouteMatch.ANY,
                      new RouteAction.Redirect(
                          301,
                          Optional.of("https"),
                          Optional.empty(),
                          Optional.empty(),
                          Optional.empty(),
                          false)))
              : all);
    }
  }
}
