// SPDX-License-Identifier: Apache-2.0
package io.flotilla.check.internal;

import io.flotilla.api.Kinds;
import io.flotilla.api.Resource;
import io.flotilla.api.networking.VirtualService;
import io.flotilla.check.Code;
import io.flotilla.check.Finding;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;

/** Hosts of the mesh that several virtual services claim. */
public final class SharedHosts {
  private SharedHosts() {}

  /** Checks all virtual services that apply to sidecars. */
  public static void check(Registry registry, Consumer<Finding> found) {
    Map<String, List<Resource<VirtualService>>> byHost = new TreeMap<>();
    for (Resource<VirtualService> service : registry.all(Kinds.VIRTUAL_SERVICE)) {
      boolean mesh =
          service.spec().gateways().isEmpty()
              || service.spec().gateways().contains(VirtualService.MESH);
      if (!mesh) {
        continue;
      }
      for (String host : service.spec().hosts()) {
        byHost
            .computeIfAbsent(
                Registry.qualified(host, service.metadata().namespace()), h -> new ArrayList<>())
            .add(service);
      }
    }
    byHost.forEach(
        (host, services) -> {
          if (services.size() > 1) {
            String names =
                services.stream()
                    .map(service -> service.metadata().fullName())
                    .sorted()
                    .collect(Collectors.joining(","));
            services.forEach(service -> found.accept(conflict(service, names, host)));
          }
        });
  }

  private static Finding conflict(Resource<?> service, String names, String host) {
    return Finding.about(
        service,
        Code.CONFLICTING_MESH_GATEWAY_HOSTS,
        "The VirtualServices "
            + names
            + " associated with mesh gateway define the same host "
            + host
            + " which can lead to undefined behavior.",
        "Merge them into one; until then the oldest applies.");
  }
}
