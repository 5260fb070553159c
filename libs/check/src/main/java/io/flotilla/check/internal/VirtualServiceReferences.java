// SPDX-License-Identifier: Apache-2.0
package io.flotilla.check.internal;

import io.flotilla.api.Kinds;
import io.flotilla.api.Resource;
import io.flotilla.api.networking.Destination;
import io.flotilla.api.networking.Gateway;
import io.flotilla.api.networking.HttpMirrorPolicy;
import io.flotilla.api.networking.HttpRoute;
import io.flotilla.api.networking.RouteDestination;
import io.flotilla.api.networking.VirtualService;
import io.flotilla.check.Code;
import io.flotilla.check.Finding;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.function.Consumer;

/** What a virtual service names: destinations, subsets, gateways, delegates. */
public final class VirtualServiceReferences {
  private VirtualServiceReferences() {}

  /** Checks all virtual services. */
  public static void check(Registry registry, Consumer<Finding> found) {
    for (Resource<VirtualService> service : registry.all(Kinds.VIRTUAL_SERVICE)) {
      for (Destination destination : new LinkedHashSet<>(destinations(service.spec()))) {
        checkDestination(registry, service, destination, found);
      }
      for (String gateway : gateways(service.spec())) {
        checkGateway(registry, service, gateway, found);
      }
      for (HttpRoute route : service.spec().http()) {
        checkDelegate(registry, service, route, found);
      }
      checkDeprecated(service, found);
    }
  }

  private static List<Destination> destinations(VirtualService spec) {
    List<Destination> all = new ArrayList<>();
    for (HttpRoute route : spec.http()) {
      route.route().forEach(to -> all.add(to.destination()));
      route.mirror().ifPresent(all::add);
      route.mirrors().stream().map(HttpMirrorPolicy::destination).forEach(all::add);
    }
    spec.tls().forEach(route -> addAll(route.route(), all));
    spec.tcp().forEach(route -> addAll(route.route(), all));
    return all;
  }

  private static void addAll(List<RouteDestination> from, List<Destination> to) {
    from.forEach(each -> to.add(each.destination()));
  }

  private static Set<String> gateways(VirtualService spec) {
    Set<String> all = new LinkedHashSet<>(spec.gateways());
    spec.http().forEach(r -> r.match().forEach(m -> all.addAll(m.gateways())));
    spec.tls().forEach(r -> r.match().forEach(m -> all.addAll(m.gateways())));
    spec.tcp().forEach(r -> r.match().forEach(m -> all.addAll(m.gateways())));
    all.remove(VirtualService.MESH);
    return all;
  }

  private static void checkDestination(
      Registry registry,
      Resource<VirtualService> service,
      Destination destination,
      Consumer<Finding> found) {
    String host = Registry.qualified(destination.host(), service.metadata().namespace());
    if (!registry.hasHost(host)) {
      found.accept(
          Finding.about(
              service,
              Code.REFERENCED_RESOURCE_NOT_FOUND,
              "Referenced host not found: \"" + destination.host() + "\"",
              "Requests for it are answered with 503 until a Service or ServiceEntry '"
                  + host
                  + "' is there; correct the name or add it."));
      return;
    }
    List<Integer> ports = registry.portsOf(host);
    if (destination.port().isEmpty() && ports.size() > 1) {
      found.accept(
          Finding.about(
              service,
              Code.DESTINATION_PORT_REQUIRED,
              "This VirtualService routes to a service \""
                  + destination.host()
                  + "\" that exposes multiple ports "
                  + ports
                  + ".",
              "Give the destination a port to disambiguate."));
    }
    destination
        .subset()
        .filter(subset -> !registry.subsetsOf(host).contains(subset))
        .ifPresent(
            subset ->
                found.accept(
                    Finding.about(
                        service,
                        Code.REFERENCED_RESOURCE_NOT_FOUND,
                        "Referenced host+subset in destinationrule not found: \""
                            + destination.host()
                            + "+"
                            + subset
                            + "\"",
                        "Requests for it are answered with 503 until a DestinationRule for '"
                            + host
                            + "' names the subset; it has "
                            + (registry.subsetsOf(host).isEmpty()
                                ? "none"
                                : new TreeSet<>(registry.subsetsOf(host)))
                            + ".")));
  }

  private static void checkGateway(
      Registry registry,
      Resource<VirtualService> service,
      String gateway,
      Consumer<Finding> found) {
    int slash = gateway.indexOf('/');
    String namespace = slash < 0 ? service.metadata().namespace() : gateway.substring(0, slash);
    String name = gateway.substring(slash + 1);
    if (!registry.has(Kinds.GATEWAY, namespace, name)) {
      found.accept(
          Finding.about(
              service,
              Code.REFERENCED_RESOURCE_NOT_FOUND,
              "Referenced gateway not found: \"" + gateway + "\"",
              "Its routes are not applied there until a Gateway '"
                  + namespace
                  + "/"
                  + name
                  + "' is there."));
      return;
    }
    registry.all(Kinds.GATEWAY).stream()
        .filter(of -> of.metadata().fullName().equals(namespace + "/" + name))
        .forEach(of -> checkHosts(service, gateway, of.spec(), found));
  }

  private static void checkHosts(
      Resource<VirtualService> service, String name, Gateway gateway, Consumer<Finding> found) {
    boolean common =
        service.spec().hosts().stream()
            .anyMatch(
                host ->
                    gateway.servers().stream()
                        .flatMap(server -> server.hosts().stream())
                        .map(of -> of.substring(of.indexOf('/') + 1))
                        .anyMatch(of -> overlap(host, of)));
    if (!common && !service.spec().isDelegate()) {
      found.accept(
          Finding.about(
              service,
              Code.HOST_NOT_FOUND_IN_GATEWAY,
              "one or more host "
                  + service.spec().hosts()
                  + " defined in VirtualService "
                  + service.metadata().fullName()
                  + " not found in Gateway "
                  + name
                  + ".",
              "Name one of the gateway's hosts, or add the host to the gateway."));
    }
  }

  private static boolean overlap(String a, String b) {
    if (a.startsWith("*")) {
      return b.endsWith(a.substring(1)) || (b.startsWith("*") && a.endsWith(b.substring(1)));
    }
    return b.startsWith("*") ? a.endsWith(b.substring(1)) : a.equalsIgnoreCase(b);
  }

  private static void checkDelegate(
      Registry registry,
      Resource<VirtualService> service,
      HttpRoute route,
      Consumer<Finding> found) {
    route
        .delegate()
        .ifPresent(
            delegate -> {
              String namespace = delegate.namespace().orElse(service.metadata().namespace());
              String name = delegate.name().orElse("");
              if (!registry.has(Kinds.VIRTUAL_SERVICE, namespace, name)) {
                found.accept(
                    Finding.about(
                        service,
                        Code.REFERENCED_RESOURCE_NOT_FOUND,
                        "Referenced delegate not found: \"" + namespace + "/" + name + "\"",
                        "Its routes are missing until that VirtualService is there."));
              }
            });
  }

  private static void checkDeprecated(Resource<VirtualService> service, Consumer<Finding> found) {
    for (HttpRoute route : service.spec().http()) {
      if (route.fault().flatMap(f -> f.delay()).flatMap(d -> d.percent()).isPresent()) {
        found.accept(deprecated(service, "fault.delay.percent", "fault.delay.percentage"));
      }
      if (route.mirrorPercent().isPresent() || route.mirrorPercentSnakeCase().isPresent()) {
        found.accept(deprecated(service, "mirrorPercent", "mirrorPercentage"));
      }
      if (route.corsPolicy().filter(cors -> !cors.allowOrigin().isEmpty()).isPresent()) {
        found.accept(deprecated(service, "corsPolicy.allowOrigin", "corsPolicy.allowOrigins"));
      }
    }
  }

  private static Finding deprecated(Resource<?> resource, String field, String instead) {
    return Finding.about(
        resource,
        Code.DEPRECATED,
        "Deprecated: " + field + " is deprecated.",
        "Use " + instead + ".");
  }
}
