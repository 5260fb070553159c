// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate.route;

import io.flotilla.model.route.HeaderEdits;
import io.flotilla.model.route.Route;
import io.flotilla.model.route.RouteConfiguration;
import io.flotilla.model.route.VirtualHost;
import io.flotilla.translate.ProxyScope;
import io.flotilla.translate.cluster.ScopedService;
import io.flotilla.translate.endpoint.EndpointTranslator;
import io.flotilla.translate.service.HostName;
import io.flotilla.translate.service.MeshService;
import io.flotilla.translate.service.Protocol;
import io.flotilla.translate.service.ServicePort;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.Set;

/** Virtual hosts of services as sidecars see them, and their route configurations. */
public final class VirtualHosts {
  private static final int MAX_DIRECT_RESPONSE = 1_048_576;
  private static final int HTTP_PORT = 80;

  private VirtualHosts() {}

  /** The virtual host of a service's port, by its VirtualService or by default. */
  public static VirtualHost ofService(
      ScopedService scoped, ServicePort port, Optional<RoutingRule> rule, RouteContext context) {
    RouteTranslator routes = new RouteTranslator(context);
    List<Route> made =
        rule.filter(r -> !r.http().isEmpty())
            .map(routes::ofRule)
            // A route of the Gateway API for another port of the service leaves this one alone.
            .filter(found -> !found.isEmpty() || !rule.get().wholeSegments())
            .orElseGet(() -> List.of(routes.toService(scoped, port)));
    MeshService service = scoped.service();
    boolean alone =
        context.scope().intercepts()
            && port.protocol() == Protocol.SNIFFED
            && !service.addresses().isEmpty();
    return VirtualHost.of(
        service.host() + ":" + port.number(),
        alone ? List.of("*") : withPorts(domains(service, context), port.number(), context.scope()),
        made);
  }

  /** The virtual host of a name that a VirtualService routes and that no service has. */
  public static VirtualHost ofRule(String host, RoutingRule rule, RouteContext context) {
    return VirtualHost.of(
        host + ":" + context.port(),
        withPorts(Set.of(host), context.port(), context.scope()),
        new RouteTranslator(context).ofRule(rule));
  }

  /** All ways to write the service's name from the scope's namespace, as Istio lists them. */
  private static Set<String> domains(MeshService service, RouteContext context) {
    Set<String> out = new LinkedHashSet<>();
    String host = service.host();
    out.add(host);
    out.add(host + ".");
    String suffix = ".svc." + context.mesh().domain();
    if (service.kubernetes() && host.endsWith(suffix)) {
      String name = service.name();
      String namespace = service.namespace();
      if (namespace.equals(context.scope().namespace())) {
        out.add(name);
        out.add(name + "." + namespace + ".svc");
        out.add(name + "." + namespace);
      } else {
        out.add(name + "." + namespace);
        out.add(name + "." + namespace + ".svc");
      }
      if (service.headless()) {
        Set<String> members = new LinkedHashSet<>();
        out.forEach(domain -> members.add("*." + domain));
        out.addAll(members);
      }
    }
    service.addresses().stream()
        .filter(a -> a.indexOf('/') < 0 && EndpointTranslator.isIp(a))
        .forEach(a -> out.add(a.indexOf(':') >= 0 ? "[" + a + "]" : a));
    return out;
  }

  /** Behind the HTTP proxy port, services of all ports share the routes. */
  private static List<String> withPorts(Collection<String> domains, int port, ProxyScope scope) {
    if (scope.intercepts()) {
      return List.copyOf(domains);
    }
    List<String> out = new ArrayList<>();
    for (String domain : domains) {
      if (port == HTTP_PORT) {
        out.add(domain);
      }
      out.add(domain + ":" + port);
    }
    return out;
  }

  /**
   * The route configuration: each domain belongs to the first virtual host that has it.
   *
   * @param last for requests to hosts that nobody declared
   */
  public static RouteConfiguration configuration(
      String name, Collection<VirtualHost> hosts, Optional<VirtualHost> last, boolean anyPort) {
    Set<String> taken = new HashSet<>();
    List<VirtualHost> out = new ArrayList<>();
    for (VirtualHost host : hosts) {
      List<String> free =
          host.domains().stream().map(d -> d.toLowerCase(Locale.ROOT)).filter(taken::add).toList();
      if (!free.isEmpty()) {
        out.add(
            new VirtualHost(
                host.name(),
                free,
                host.routes(),
                host.headerEdits(),
                host.retryPolicy(),
                host.includeRequestAttemptCount()));
      }
    }
    last.filter(host -> taken.add("*")).ifPresent(out::add);
    return new RouteConfiguration(name, out, HeaderEdits.NONE, anyPort, false, MAX_DIRECT_RESPONSE);
  }

  /** The rule that speaks of {@code host}: the most specific name, then the oldest rule. */
  public static Optional<RoutingRule> choose(
      String host, Collection<RoutingRule> rules, String gateway, String clientNamespace) {
    RoutingRule best = null;
    int rank = Integer.MAX_VALUE;
    List<String> candidates = HostName.candidates(host);
    for (RoutingRule rule : rules.stream().sorted(RoutingRule.OLDEST_FIRST).toList()) {
      if (!rule.boundTo(gateway) || !rule.visibleTo(clientNamespace)) {
        continue;
      }
      for (String declared : rule.hosts()) {
        int at = candidates.indexOf(declared);
        if (at >= 0 && at < rank) {
          rank = at;
          best = rule;
        }
      }
    }
    return Optional.ofNullable(best);
  }
}
