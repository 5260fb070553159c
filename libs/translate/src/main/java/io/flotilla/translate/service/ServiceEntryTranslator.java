// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate.service;

import io.flotilla.api.Resource;
import io.flotilla.api.networking.ServiceEntry;
import io.flotilla.api.networking.ServiceEntry.Location;
import io.flotilla.api.networking.WorkloadEntry;
import io.flotilla.model.endpoint.Locality;
import io.flotilla.translate.Sources;
import io.flotilla.translate.service.MeshService.Resolution;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/** ServiceEntries and WorkloadEntries as services and workloads. */
public final class ServiceEntryTranslator {
  private ServiceEntryTranslator() {}

  /** One service for each host. */
  public static List<MeshService> services(Resource<ServiceEntry> resource) {
    ServiceEntry entry = resource.spec();
    List<ServicePort> ports =
        entry.ports().stream()
            .map(
                p ->
                    new ServicePort(
                        p.number(),
                        p.name(),
                        Protocol.parse(p.protocol().orElse("")),
                        p.targetPort().orElse(p.number()),
                        ""))
            .toList();
    Map<String, String> selector =
        entry.workloadSelector().map(ServiceEntry.Selector::labels).orElse(Map.of());
    List<MeshService> out = new ArrayList<>();
    for (String host : entry.hosts()) {
      out.add(
          new MeshService(
              host.toLowerCase(Locale.ROOT),
              resource.metadata().namespace(),
              resource.metadata().name(),
              entry.addresses(),
              ports,
              resolution(entry),
              entry.location().orElse(Location.MESH_EXTERNAL) == Location.MESH_EXTERNAL,
              false,
              selector,
              entry.subjectAltNames(),
              Set.copyOf(entry.exportTo()),
              Sources.of(resource)));
    }
    return out;
  }

  private static Resolution resolution(ServiceEntry entry) {
    return switch (entry.resolution().orElse(ServiceEntry.Resolution.NONE)) {
      case NONE, DYNAMIC_DNS -> Resolution.PASSTHROUGH;
      case STATIC -> Resolution.ENDPOINTS;
      case DNS -> Resolution.DNS;
      case DNS_ROUND_ROBIN -> Resolution.DNS_ROUND_ROBIN;
    };
  }

  /** The endpoints written into the entry; a DNS host without any is its own endpoint. */
  public static List<Workload> inlineWorkloads(Resource<ServiceEntry> resource, String host) {
    ServiceEntry entry = resource.spec();
    String name = resource.metadata().name();
    List<Workload> out = new ArrayList<>();
    for (int i = 0; i < entry.endpoints().size(); i++) {
      out.add(workload(name + "-" + i, resource.metadata().namespace(), entry.endpoints().get(i)));
    }
    if (out.isEmpty() && entry.workloadSelector().isEmpty() && !HostName.isWildcard(host)) {
      out.add(
          new Workload(
              name,
              resource.metadata().namespace(),
              name,
              host,
              Map.of(),
              Map.of(),
              Locality.NONE,
              1,
              ""));
    }
    return out;
  }

  /** A workload entry. */
  public static Workload workload(String name, String namespace, WorkloadEntry entry) {
    return new Workload(
        name,
        namespace,
        name,
        entry.address().orElse(""),
        entry.ports(),
        entry.labels(),
        entry.locality().map(Workload::locality).orElse(Locality.NONE),
        (int) Math.clamp(entry.weight().orElse(1L), 1, Integer.MAX_VALUE),
        entry.serviceAccount().orElse(""));
  }
}
