// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.networking;

import static io.flotilla.api.InvalidValueException.require;

import io.flotilla.api.schema.CustomResource;
import io.flotilla.api.schema.Field;
import java.util.List;
import java.util.Map;

/** What proxies at the mesh's edge listen for. */
@CustomResource(
    value = "What proxies at the edge of the mesh listen for.",
    shortNames = "gw",
    categories = {"istio-io", "networking-istio-io"})
public record Gateway(
    @Field("Ports, protocols and hosts.") List<Server> servers,
    @Field("Labels of the proxies that it is for; none: all gateways.")
        Map<String, String> selector) {
  public Gateway {
    require(!servers.isEmpty(), "servers", "a gateway needs at least one server");
    long named = servers.stream().flatMap(server -> server.name().stream()).count();
    require(
        servers.stream().flatMap(server -> server.name().stream()).distinct().count() == named,
        "servers",
        "two servers have the same name: rename one");
  }
}
