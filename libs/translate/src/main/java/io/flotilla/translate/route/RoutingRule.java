// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate.route;

import io.flotilla.api.Resource;
import io.flotilla.api.networking.HttpRoute;
import io.flotilla.api.networking.TcpRoute;
import io.flotilla.api.networking.TlsRoute;
import io.flotilla.api.networking.VirtualService;
import io.flotilla.translate.Sources;
import io.flotilla.translate.service.Exports;
import io.flotilla.translate.service.HostName;
import java.time.Instant;
import java.util.Comparator;
import java.util.List;
import java.util.Set;

/**
 * A VirtualService ready to be applied: hosts and gateways are full names, delegates are merged in.
 *
 * @param hosts full names
 * @param writtenHost the first host as it was written; spans are named after it
 * @param gateways "mesh" or "namespace/name"
 * @param wholeSegments prefixes of paths end at a slash (the Gateway API's meaning)
 */
public record RoutingRule(
    String name,
    String namespace,
    List<String> hosts,
    String writtenHost,
    Set<String> gateways,
    List<HttpRoute> http,
    List<TlsRoute> tls,
    List<TcpRoute> tcp,
    Set<String> exportTo,
    Instant created,
    boolean wholeSegments,
    String source) {

  /** The older first: Istio's order where two claim a host. */
  public static final Comparator<RoutingRule> OLDEST_FIRST =
      Comparator.comparing(RoutingRule::created)
          .thenComparing(RoutingRule::name)
          .thenComparing(RoutingRule::namespace);

  public RoutingRule {
    hosts = List.copyOf(hosts);
    gateways = Set.copyOf(gateways);
    http = List.copyOf(http);
    tls = List.copyOf(tls);
    tcp = List.copyOf(tcp);
    exportTo = Set.copyOf(exportTo);
  }

  /**
   * Of a VirtualService.
   *
   * @param http its HTTP routes with delegates merged in
   */
  public static RoutingRule of(
      Resource<VirtualService> resource, List<HttpRoute> http, String domain) {
    VirtualService spec = resource.spec();
    String namespace = resource.metadata().namespace();
    return new RoutingRule(
        resource.metadata().name(),
        namespace,
        spec.hosts().stream().map(h -> HostName.qualify(h, namespace, domain)).distinct().toList(),
        spec.hosts().getFirst(),
        spec.gateways().isEmpty()
            ? Set.of(VirtualService.MESH)
            : Set.copyOf(
                spec.gateways().stream().map(g -> gateway(g, namespace)).distinct().toList()),
        http,
        spec.tls(),
        spec.tcp(),
        Set.copyOf(spec.exportTo()),
        resource.metadata().creationTimestamp().orElse(Instant.EPOCH),
        false,
        Sources.of(resource));
  }

  /** The full name of a gateway as it is written in {@code namespace}. */
  public static String gateway(String written, String namespace) {
    return written.equals(VirtualService.MESH) || written.indexOf('/') >= 0
        ? written
        : namespace + "/" + written;
  }

  /** The object's kind and name, for sentences: "VirtualService default/reviews". */
  public String description() {
    return source.substring(source.lastIndexOf('/', source.indexOf(' ')) + 1);
  }

  /** Whether the sidecars or the gateway of that name apply it. */
  public boolean boundTo(String gateway) {
    return gateways.contains(gateway);
  }

  /** Whether proxies in {@code clientNamespace} see it. */
  public boolean visibleTo(String clientNamespace) {
    return Exports.visible(exportTo, namespace, clientNamespace);
  }
}
