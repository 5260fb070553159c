// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.networking;

import static io.flotilla.api.InvalidValueException.require;

import io.flotilla.api.schema.CustomResource;
import io.flotilla.api.schema.Field;
import java.util.List;
import java.util.regex.Pattern;

/**
 * Routes for traffic that is sent to a set of hosts. An empty list of gateways means the mesh's own
 * sidecars ("mesh"), an empty {@code exportTo} all namespaces.
 */
@CustomResource(
    value = "Routes for traffic that is sent to a set of hosts.",
    shortNames = "vs",
    categories = {"istio-io", "networking-istio-io"},
    columns = {
      @CustomResource.Column(
          name = "Gateways",
          path = ".spec.gateways",
          description = "The gateways and sidecars that apply the routes."),
      @CustomResource.Column(
          name = "Hosts",
          path = ".spec.hosts",
          description = "The hosts whose traffic is routed."),
      @CustomResource.Column(
          name = "Age",
          path = ".metadata.creationTimestamp",
          type = "date",
          description = "When the object was made.")
    })
public record VirtualService(
    @Field("The hosts whose traffic is routed: names, short names, wildcards or addresses.")
        List<String> hosts,
    @Field("Gateways and sidecars that apply the routes; 'mesh' stands for all sidecars.")
        List<String> gateways,
    @Field("Routes for HTTP and gRPC, first match wins.") List<HttpRoute> http,
    @Field("Routes for TLS that is not terminated, by server name.") List<TlsRoute> tls,
    @Field("Routes for all other TCP.") List<TcpRoute> tcp,
    @Field("Namespaces that see it: '.', '*' or names.") List<String> exportTo) {
  private static final Pattern GATEWAY = Pattern.compile("[a-z0-9]([-a-z0-9./]*[a-z0-9])?");

  /** The name that stands for all sidecars in {@link #gateways}. */
  public static final String MESH = "mesh";

  public VirtualService {
    Hosts.check("hosts", hosts);
    require(
        hosts.stream().distinct().count() == hosts.size(), "hosts", "a host is named only once");
    for (String gateway : gateways) {
      require(
          GATEWAY.matcher(gateway).matches(),
          "gateways",
          "'" + gateway + "' is not the name of a gateway: write 'name' or 'namespace/name'");
    }
    require(
        hosts.isEmpty() || !http.isEmpty() || !tls.isEmpty() || !tcp.isEmpty(),
        "",
        "a virtual service needs a route: http, tls or tcp");
    require(
        !hosts.isEmpty() || gateways.isEmpty() || !gateways.contains(MESH),
        "hosts",
        "must name at least one host");
  }

  /** Whether another virtual service is to delegate to it. */
  public boolean isDelegate() {
    return hosts.isEmpty();
  }
}
