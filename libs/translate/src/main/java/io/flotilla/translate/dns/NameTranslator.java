// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate.dns;

import io.flotilla.api.Resource;
import io.flotilla.api.kubernetes.EndpointSlice;
import io.flotilla.model.dns.NameTable;
import io.flotilla.model.dns.NameTable.Name;
import io.flotilla.translate.service.MeshService;
import io.flotilla.translate.service.MeshService.Resolution;
import io.flotilla.translate.service.ServiceEndpoint;
import java.net.InetAddress;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The names of a scope's services, as istiod's NDS has them: a service with addresses by them; one
 * without (headless, or a ServiceEntry of resolution NONE) by those of its endpoints; the members
 * of a headless service that have host names, by these too.
 */
public final class NameTranslator {
  private final Map<String, Name> names = new TreeMap<>();

  /** Adds a service whose addresses do not depend on endpoints, or not if it has none. */
  public void add(MeshService service) {
    put(service, service.addresses());
  }

  /**
   * Adds a service that its endpoints stand for.
   *
   * @param endpoints of all ports
   * @param slices of the service, in which members have host names
   */
  public void add(
      MeshService service,
      List<ServiceEndpoint> endpoints,
      Collection<Resource<EndpointSlice>> slices) {
    if (service.ports().isEmpty()) {
      return;
    }
    int port = service.ports().getFirst().number();
    Set<String> addresses = new LinkedHashSet<>();
    endpoints.stream()
        .filter(endpoint -> endpoint.servicePort() == port)
        .forEach(endpoint -> addresses.add(endpoint.address()));
    put(service, addresses);
    if (service.kubernetes()) {
      members(slices)
          .forEach(
              (member, theirs) -> {
                String domain = service.host().substring(service.host().indexOf('.'));
                String shortName = member + "." + service.name();
                put(shortName + domain, service, shortName, theirs);
              });
    }
  }

  /** Whether its endpoints stand for it. */
  public static boolean isByEndpoints(MeshService service) {
    return service.addresses().isEmpty() && service.resolution() == Resolution.PASSTHROUGH;
  }

  /** All of them. */
  public NameTable table() {
    return new NameTable(names);
  }

  private static Map<String, List<String>> members(Collection<Resource<EndpointSlice>> slices) {
    Map<String, List<String>> out = new LinkedHashMap<>();
    for (Resource<EndpointSlice> slice : slices) {
      for (EndpointSlice.Endpoint endpoint : slice.spec().endpoints()) {
        if (endpoint.isReady() && endpoint.hostname().filter(h -> !h.isEmpty()).isPresent()) {
          out.merge(endpoint.hostname().get(), endpoint.addresses(), NameTranslator::joined);
        }
      }
    }
    return out;
  }

  private static List<String> joined(List<String> some, List<String> more) {
    Set<String> all = new LinkedHashSet<>(some);
    all.addAll(more);
    return List.copyOf(all);
  }

  private void put(MeshService service, Collection<String> addresses) {
    put(service.host(), service, service.name(), addresses);
  }

  private void put(
      String host, MeshService service, String shortName, Collection<String> addresses) {
    List<String> literal = addresses.stream().filter(NameTranslator::isLiteral).sorted().toList();
    if (literal.isEmpty()) {
      return;
    }
    names.put(
        host,
        service.kubernetes()
            ? new Name(literal, true, shortName, service.namespace())
            : Name.external(literal));
  }

  // Ranges and names cannot be answered with.
  private static boolean isLiteral(String address) {
    try {
      InetAddress.ofLiteral(address);
      return true;
    } catch (IllegalArgumentException e) {
      return false;
    }
  }
}
