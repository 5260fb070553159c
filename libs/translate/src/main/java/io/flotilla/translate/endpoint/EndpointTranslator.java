// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate.endpoint;

import io.flotilla.model.address.Address;
import io.flotilla.model.address.PipeAddress;
import io.flotilla.model.address.SocketAddress;
import io.flotilla.model.endpoint.ClusterLoadAssignment;
import io.flotilla.model.endpoint.Endpoint;
import io.flotilla.model.endpoint.Endpoint.Health;
import io.flotilla.model.endpoint.Locality;
import io.flotilla.model.endpoint.LocalityEndpoints;
import io.flotilla.translate.service.ServiceEndpoint;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.regex.Pattern;

/** Endpoints as a load assignment. */
public final class EndpointTranslator {
  private static final Pattern IPV4 = Pattern.compile("\\d{1,3}(\\.\\d{1,3}){3}");
  private static final Comparator<Locality> BY_NAME =
      Comparator.comparing(Locality::region)
          .thenComparing(Locality::zone)
          .thenComparing(Locality::subZone);

  private EndpointTranslator() {}

  /** Whether {@code host} is an address rather than a name. */
  public static boolean isIp(String host) {
    return host.indexOf(':') >= 0 || IPV4.matcher(host).matches();
  }

  /** Those endpoints that carry all of {@code labels}, by locality. */
  public static ClusterLoadAssignment assignment(
      String cluster, List<ServiceEndpoint> endpoints, Map<String, String> labels) {
    return assignment(cluster, endpoints, labels, false);
  }

  /**
   * The same.
   *
   * @param tunnels whether endpoints that take tunnels (HBONE) are reached by them
   */
  public static ClusterLoadAssignment assignment(
      String cluster,
      List<ServiceEndpoint> endpoints,
      Map<String, String> labels,
      boolean tunnels) {
    Map<Locality, List<Endpoint>> byLocality = new TreeMap<>(BY_NAME);
    for (ServiceEndpoint endpoint : endpoints) {
      if (endpoint.labels().entrySet().containsAll(labels.entrySet())) {
        byLocality
            .computeIfAbsent(endpoint.locality(), l -> new ArrayList<>())
            .add(endpoint(endpoint, tunnels));
      }
    }
    List<LocalityEndpoints> localities = new ArrayList<>();
    byLocality.forEach(
        (locality, of) -> {
          long weight = of.stream().mapToLong(Endpoint::weight).sum();
          localities.add(
              new LocalityEndpoints(locality, 0, (int) Math.min(weight, Integer.MAX_VALUE), of));
        });
    return new ClusterLoadAssignment(cluster, localities);
  }

  private static Endpoint endpoint(ServiceEndpoint endpoint, boolean tunnels) {
    if (tunnels
        && "http".equals(endpoint.labels().get(TunnelledEndpoints.LABEL))
        && isIp(endpoint.address())) {
      return new Endpoint(
          TunnelledEndpoints.through(new SocketAddress(endpoint.address(), endpoint.port())),
          "",
          endpoint.weight(),
          Health.HEALTHY,
          TunnelledEndpoints.transport().endpointTags(),
          Optional.of(endpoint.workload()));
    }
    Address address =
        endpoint.address().startsWith("unix:")
            ? new PipeAddress(endpoint.address().replaceFirst("unix:(//)?", ""))
            : new SocketAddress(endpoint.address(), endpoint.port());
    return new Endpoint(
        address,
        address instanceof SocketAddress socket && !isIp(socket.host()) ? socket.host() : "",
        endpoint.weight(),
        Health.HEALTHY,
        endpoint.meshTls() ? Map.of("tlsMode", "istio") : Map.of(),
        Optional.of(endpoint.workload()));
  }
}
