// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.upstream;

import io.flotilla.model.cluster.LoadBalancing;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * Consistent hashing over the endpoints of one priority: a ring, or Maglev's table (Eisenbud et
 * al., "Maglev", section 3.4). Few keys move when endpoints come or go.
 */
final class HashTable {
  private static final int MAX_RING = 1 << 20;

  // Ascending; empty for Maglev, whose slots are addressed by the remainder.
  private final long[] points;
  private final Host[] slots;

  private HashTable(long[] points, Host[] slots) {
    this.points = points;
    this.slots = slots;
  }

  /** A table over {@code hosts}; null: the policy does not hash. */
  static @Nullable HashTable of(LoadBalancing policy, List<Host> hosts) {
    return switch (policy) {
      case LoadBalancing.RingHash ring -> ring(ring, hosts);
      case LoadBalancing.Maglev maglev -> maglev((int) maglev.tableSize(), hosts);
      default -> null;
    };
  }

  private static HashTable ring(LoadBalancing.RingHash policy, List<Host> hosts) {
    long weights = hosts.stream().mapToLong(h -> h.endpoint().weight()).sum();
    long size = Math.min(MAX_RING, Math.max(policy.minimumRingSize(), hosts.size()));
    size = Math.min(size, Math.max(hosts.size(), policy.maximumRingSize()));
    record Point(long hash, Host host) {}
    List<Point> all = new ArrayList<>();
    for (Host host : hosts) {
      long copies = Math.max(1, size * host.endpoint().weight() / weights);
      for (int i = 0; i < copies; i++) {
        all.add(new Point(hash(host.address() + "_" + i), host));
      }
    }
    all.sort((a, b) -> Long.compareUnsigned(a.hash, b.hash));
    return new HashTable(
        all.stream().mapToLong(p -> p.hash ^ Long.MIN_VALUE).toArray(),
        all.stream().map(Point::host).toArray(Host[]::new));
  }

  private static HashTable maglev(int size, List<Host> hosts) {
    int n = hosts.size();
    long[] offset = new long[n];
    long[] skip = new long[n];
    long[] next = new long[n];
    int heaviest = 1;
    for (int i = 0; i < n; i++) {
      String name = hosts.get(i).address().toString();
      offset[i] = Long.remainderUnsigned(hash(name), size);
      skip[i] = Long.remainderUnsigned(hash("skip" + name), size - 1) + 1;
      heaviest = Math.max(heaviest, hosts.get(i).endpoint().weight());
    }
    Host[] table = new Host[size];
    double[] credit = new double[n];
    int filled = 0;
    while (filled < size) {
      for (int i = 0; i < n && filled < size; i++) {
        // A host of half the weight takes a slot in every second round.
        credit[i] += (double) hosts.get(i).endpoint().weight() / heaviest;
        if (credit[i] < 1) {
          continue;
        }
        credit[i]--;
        int slot = (int) ((offset[i] + skip[i] * next[i]) % size);
        while (table[slot] != null) {
          next[i]++;
          slot = (int) ((offset[i] + skip[i] * next[i]) % size);
        }
        table[slot] = hosts.get(i);
        next[i]++;
        filled++;
      }
    }
    return new HashTable(new long[0], table);
  }

  /** The host of a key; where it is not usable, that of the next slot whose host is. */
  @Nullable Host pick(long hash, Predicate<Host> usable) {
    int start;
    if (points.length == 0) {
      start = (int) Long.remainderUnsigned(hash, slots.length);
    } else {
      int found = Arrays.binarySearch(points, hash ^ Long.MIN_VALUE);
      start = (found < 0 ? -found - 1 : found) % slots.length;
    }
    for (int i = 0; i < slots.length; i++) {
      Host host = slots[(start + i) % slots.length];
      if (usable.test(host)) {
        return host;
      }
    }
    return null;
  }

  /** FNV-1a with a finalizer that spreads it over all bits. */
  static long hash(String text) {
    long h = 0xcbf29ce484222325L;
    for (int i = 0; i < text.length(); i++) {
      h = (h ^ text.charAt(i)) * 0x100000001b3L;
    }
    h = (h ^ (h >>> 33)) * 0xff51afd7ed558ccdL;
    h = (h ^ (h >>> 33)) * 0xc4ceb9fe1a85ec53L;
    return h ^ (h >>> 33);
  }
}
