// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate.listener;

import io.flotilla.model.address.CidrRange;
import io.flotilla.model.address.SocketAddress;
import io.flotilla.model.listener.FilterChain;
import io.flotilla.model.listener.FilterChainMatch;
import io.flotilla.model.listener.Listener;
import io.flotilla.model.listener.Listener.Inspector;
import io.flotilla.model.listener.Listener.TrafficDirection;
import io.flotilla.model.route.ClusterChoice;
import io.flotilla.model.route.Route;
import io.flotilla.model.route.RouteAction;
import io.flotilla.model.route.RouteMatch;
import io.flotilla.model.route.VirtualHost;
import io.flotilla.translate.MeshSettings;
import io.flotilla.translate.ProxyScope;
import io.flotilla.translate.cluster.ClusterName;
import io.flotilla.translate.endpoint.EndpointTranslator;
import io.flotilla.translate.route.TcpRule;
import io.flotilla.translate.service.MeshService;
import io.flotilla.translate.service.Protocol;
import io.flotilla.translate.service.ServicePort;
import java.time.Duration;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * A sidecar's outbound side. Intercepting: virtualOutbound, and an unbound listener for each
 * address and port of services. Not intercepting: the HTTP proxy port, and bound listeners for TCP
 * services whose address is a loopback one.
 */
public final class OutboundTranslator {
  /** The routes of the HTTP proxy port. */
  public static final String HTTP_PROXY_ROUTES = "http_proxy";

  private static final String ANY = "0.0.0.0";

  private final MeshSettings mesh;
  private final ProxyScope scope;
  private final Chains chains;

  public OutboundTranslator(MeshSettings mesh, ProxyScope scope) {
    this.mesh = mesh;
    this.scope = scope;
    this.chains = new Chains(mesh, scope);
  }

  /** The name under which routes for a port of a service are found. */
  public static String routesName(ProxyScope scope, MeshService service, ServicePort port) {
    if (!scope.intercepts()) {
      return HTTP_PROXY_ROUTES;
    }
    return port.protocol() == Protocol.SNIFFED && hasAddress(service)
        ? service.host() + ":" + port.number()
        : Integer.toString(port.number());
  }

  private static boolean hasAddress(MeshService service) {
    return service.addresses().stream().anyMatch(a -> a.indexOf('/') < 0);
  }

  /** The listeners, by name. */
  public Map<String, Listener> listeners(List<OutboundService> services) {
    Map<String, Listener> out = new LinkedHashMap<>();
    Map<String, Place> places = new LinkedHashMap<>();
    if (scope.intercepts()) {
      for (OutboundService service : services) {
        for (ServicePort port : service.service().ports()) {
          captured(service, port, places);
        }
      }
    } else {
      Listener proxy = httpProxy();
      out.put(proxy.name(), proxy);
      for (OutboundService service : services) {
        for (ServicePort port : service.service().ports()) {
          explicit(service, port, places);
        }
      }
    }
    places
        .values()
        .forEach(
            place -> {
              Listener listener = place.build();
              out.put(listener.name(), listener);
            });
    if (scope.intercepts()) {
      Listener all = virtualOutbound();
      out.put(all.name(), all);
    }
    if (scope.tunnels()) {
      Listener tunnels = HboneTranslator.originating();
      out.put(tunnels.name(), tunnels);
    }
    return out;
  }

  private void captured(OutboundService of, ServicePort port, Map<String, Place> places) {
    MeshService service = of.service();
    if (port.protocol() == Protocol.UDP) {
      return;
    }
    String routes = routesName(scope, service, port);
    if (port.protocol().isHttp()) {
      place(places, ANY, port.number()).routes = routes;
      return;
    }
    List<String> hosts = new ArrayList<>();
    List<CidrRange> ranges = new ArrayList<>();
    for (String address : service.addresses()) {
      int slash = address.indexOf('/');
      if (slash < 0) {
        hosts.add(address);
      } else {
        ranges.add(
            new CidrRange(
                address.substring(0, slash), Integer.parseInt(address.substring(slash + 1))));
      }
    }
    List<TcpRule> rules = rules(of, port);
    if (port.protocol() == Protocol.SNIFFED) {
      for (String host : hosts.isEmpty() ? List.of(ANY) : hosts) {
        Place place = place(places, host, port.number());
        place.routes = routes;
        place.addAll(rules, List.of(), false);
      }
      return;
    }
    if (hosts.isEmpty() && ranges.isEmpty()) {
      if (service.headless() && !of.instances().isEmpty()) {
        of.instances()
            .forEach(i -> place(places, i, port.number()).addAll(rules, List.of(), false));
      } else {
        place(places, ANY, port.number())
            .addAll(named(rules, service, port), List.of(), port.protocol().isTls());
      }
      return;
    }
    hosts.forEach(host -> place(places, host, port.number()).addAll(rules, List.of(), false));
    if (!ranges.isEmpty()) {
      place(places, ANY, port.number()).addAll(rules, ranges, true);
    }
  }

  /** TLS services without an address are told apart by server name. */
  private static List<TcpRule> named(List<TcpRule> rules, MeshService service, ServicePort port) {
    if (!port.protocol().isTls()) {
      return rules;
    }
    return rules.stream()
        .map(rule -> rule.serverNames().isEmpty() ? rule.named(List.of(service.host())) : rule)
        .toList();
  }

  private void explicit(OutboundService of, ServicePort port, Map<String, Place> places) {
    if (port.protocol().mayBeHttp() || port.protocol() == Protocol.UDP) {
      return;
    }
    for (String address : of.service().addresses()) {
      if (address.startsWith("127.")
          && EndpointTranslator.isIp(address)
          && !address.equals(scope.boundAt())) {
        Place place = place(places, address, port.number());
        place.bound = true;
        place.addAll(rules(of, port), List.of(), false);
      }
    }
  }

  private static List<TcpRule> rules(OutboundService of, ServicePort port) {
    List<TcpRule> told = of.tcpRules().getOrDefault(port.number(), List.of());
    if (!told.isEmpty()) {
      return told;
    }
    return List.of(
        new TcpRule(
            List.of(),
            List.of(),
            new ClusterChoice.Single(ClusterName.outbound(port.number(), "", of.service().host())),
            of.service().source()));
  }

  private Place place(Map<String, Place> places, String address, int port) {
    return places.computeIfAbsent(address + "_" + port, name -> new Place(name, address, port));
  }

  private Listener httpProxy() {
    String name = scope.boundAt() + "_" + mesh.httpProxyPort();
    return new Listener(
        name,
        new SocketAddress(scope.boundAt(), mesh.httpProxyPort()),
        List.of(),
        true,
        TrafficDirection.OUTBOUND,
        false,
        false,
        Set.of(),
        Duration.ZERO,
        true,
        List.of(FilterChain.plain("", chains.outboundHttp(name, HTTP_PROXY_ROUTES))),
        Optional.empty(),
        chains.unmatchedLogs());
  }

  private FilterChain rest(String name, FilterChainMatch match) {
    return chains.outboundTcp(
        name,
        match,
        new ClusterChoice.Single(
            mesh.allowAny() ? ClusterName.PASSTHROUGH : ClusterName.BLACK_HOLE));
  }

  private Listener virtualOutbound() {
    FilterChain loop =
        chains.outboundTcp(
            "virtualOutbound-blackhole",
            new FilterChainMatch(
                Optional.of(mesh.outboundPort()), List.of(), List.of(), "", List.of(), List.of()),
            new ClusterChoice.Single(ClusterName.BLACK_HOLE));
    return new Listener(
        "virtualOutbound",
        new SocketAddress(ANY, mesh.outboundPort()),
        List.of(),
        true,
        TrafficDirection.OUTBOUND,
        true,
        false,
        Set.of(),
        Duration.ZERO,
        false,
        List.of(loop, rest("virtualOutbound-catchall-tcp", FilterChainMatch.ANY)),
        Optional.empty(),
        chains.unmatchedLogs());
  }

  /** A listener under construction: services that share an address and a port share it. */
  private final class Place {
    private final String name;
    private final String address;
    private final int port;
    private final Map<FilterChainMatch, FilterChain> tcp = new LinkedHashMap<>();
    private boolean bound;
    private boolean partial;
    private boolean byServerName;
    private String routes = "";

    Place(String name, String address, int port) {
      this.name = name;
      this.address = address;
      this.port = port;
    }

    /** Of two services that cannot be told apart here, the first stays. */
    void addAll(List<TcpRule> rules, List<CidrRange> ranges, boolean isPartial) {
      partial |= isPartial;
      for (TcpRule rule : rules) {
        byServerName |= !rule.serverNames().isEmpty();
        FilterChainMatch match =
            new FilterChainMatch(
                Optional.empty(),
                rule.destinations().isEmpty() ? ranges : rule.destinations(),
                rule.serverNames().stream().filter(n -> !n.equals("*")).toList(),
                "",
                List.of(),
                List.of());
        tcp.putIfAbsent(match, chains.outboundTcp("", match, rule.cluster(), rule.tunnel()));
      }
    }

    Listener build() {
      List<FilterChain> all = new ArrayList<>();
      Optional<FilterChain> fallback = Optional.empty();
      Set<Inspector> inspectors = EnumSet.noneOf(Inspector.class);
      if (routes.isEmpty()) {
        all.addAll(tcp.values());
        boolean takesAll = tcp.containsKey(FilterChainMatch.ANY);
        if (!takesAll && (partial || byServerName)) {
          fallback = Optional.of(rest("PassthroughFilterChain", FilterChainMatch.ANY));
        }
      } else {
        inspectors.add(Inspector.HTTP);
        all.add(
            new FilterChain(
                "",
                new FilterChainMatch(
                    Optional.empty(),
                    List.of(),
                    List.of(),
                    "raw_buffer",
                    List.of("http/1.1", "h2c"),
                    List.of()),
                Optional.empty(),
                List.of(),
                chains.outboundHttp(ANY + "_" + port, routes)));
        FilterChain rest = tcp.remove(FilterChainMatch.ANY);
        all.addAll(tcp.values());
        fallback =
            Optional.of(rest == null ? rest("PassthroughFilterChain", FilterChainMatch.ANY) : rest);
      }
      if (byServerName) {
        inspectors.add(Inspector.TLS);
      }
      return new Listener(
          name,
          new SocketAddress(address, port),
          List.of(),
          bound,
          TrafficDirection.OUTBOUND,
          false,
          false,
          inspectors,
          Duration.ZERO,
          true,
          all,
          fallback,
          chains.unmatchedLogs());
    }
  }

  /** The virtual host for requests to hosts that nobody declared. */
  public static VirtualHost undeclared(MeshSettings mesh, ProxyScope scope) {
    boolean pass = mesh.allowAny() && scope.intercepts();
    RouteAction action =
        pass
            ? RouteAction.Forward.to(ClusterName.PASSTHROUGH)
            : new RouteAction.DirectResponse(502, "");
    String name = pass ? "allow_any" : "block_all";
    return VirtualHost.of(name, List.of("*"), List.of(Route.of(name, RouteMatch.ANY, action)));
  }
}
