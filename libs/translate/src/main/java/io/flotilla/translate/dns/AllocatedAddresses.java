// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate.dns;

import io.flotilla.translate.service.HostName;
import io.flotilla.translate.service.MeshService;
import io.flotilla.translate.service.MeshService.Resolution;
import io.flotilla.translate.service.ServiceKey;
import java.nio.charset.StandardCharsets;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;

/**
 * Addresses of 240.240.0.0/16 for services that have none, so that workloads behind a DNS proxy
 * reach each of them by an address of its own (Istio's ServiceEntry address auto-allocation). No
 * packet ever goes there: the proxy takes the connection first.
 *
 * <p>A pure function of the services: an address is where the service's hash falls, or the next
 * free one, so that all replicas of Pilot give the same, and a service keeps its address but for
 * the rare case that a new one collides with it.
 */
public final class AllocatedAddresses {
  private static final int THIRD = 256;
  private static final int FOURTH = 254;

  private AllocatedAddresses() {}

  /** Whether it needs one: some other way to it than its name is wanted, and there is none. */
  public static boolean needs(MeshService service) {
    return service.addresses().isEmpty()
        && !HostName.isWildcard(service.host())
        && !service.isAlias()
        && service.resolution() != Resolution.PASSTHROUGH;
  }

  /** The addresses of those that need one; a service that finds all taken gets none. */
  public static Map<ServiceKey, String> of(Collection<MeshService> services) {
    SortedMap<ServiceKey, MeshService> ordered = new TreeMap<>();
    services.stream().filter(AllocatedAddresses::needs).forEach(s -> ordered.put(s.key(), s));
    Map<Integer, ServiceKey> taken = new LinkedHashMap<>();
    Map<ServiceKey, String> out = new LinkedHashMap<>();
    for (ServiceKey key : ordered.keySet()) {
      int slot = Math.floorMod(hash(key), THIRD * FOURTH);
      for (int tries = 0; tries < THIRD * FOURTH; tries++, slot = (slot + 1) % (THIRD * FOURTH)) {
        if (taken.putIfAbsent(slot, key) == null) {
          out.put(key, "240.240." + slot / FOURTH + "." + (1 + slot % FOURTH));
          break;
        }
      }
    }
    return out;
  }

  /** {@code service} with its address, if it was given one. */
  public static MeshService with(Map<ServiceKey, String> allocated, MeshService service) {
    String address = allocated.get(service.key());
    return address == null ? service : service.at(List.of(address));
  }

  // FNV-1a: the same in every run, unlike some hashes of the JDK.
  private static int hash(ServiceKey key) {
    int hash = 0x811c9dc5;
    for (byte b : (key.namespace() + "/" + key.host()).getBytes(StandardCharsets.UTF_8)) {
      hash = (hash ^ (b & 0xff)) * 0x01000193;
    }
    return hash;
  }
}
