// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.upstream;

import io.flotilla.model.cluster.LoadBalancing;
import java.net.InetSocketAddress;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Consistent hashing over endpoints: a ring (Karger et al., "Consistent hashing and random trees"),
 * or Maglev's table (Eisenbud et al., "Maglev", section 3.4). Points and slots lie where Envoy puts
 * them (Envoy documentation, "Supported load balancers"), so that both agree on every key.
 */
final class HashTable {
  private static final int MAX_RING = 1 << 23;

  // Ascending without sign; empty for Maglev, whose slots are addressed by the remainder.
  private final long[] points;
  private final Host[] slots;

  private HashTable(long[] points, Host[] slots) {
    this.points = points;
    this.slots = slots;
  }

  /** A host and its share of all. */
  record Share(Host host, double share) {}

  /** A table over hosts of which there is at least one; null: the policy does not hash. */
  static @Nullable HashTable of(LoadBalancing policy, List<Share> hosts) {
    return switch (policy) {
      case LoadBalancing.RingHash ring -> ring(ring, hosts);
      case LoadBalancing.Maglev maglev -> maglev((int) maglev.tableSize(), hosts);
      default -> null;
    };
  }

  /** By their weights alone. */
  static @Nullable HashTable ofHosts(LoadBalancing policy, List<Host> hosts) {
    double sum = hosts.stream().mapToDouble(h -> h.endpoint().weight()).sum();
    return of(policy, hosts.stream().map(h -> new Share(h, h.endpoint().weight() / sum)).toList());
  }

  /** By the weights of their localities, and theirs within. */
  static @Nullable HashTable ofPlaces(LoadBalancing policy, List<Levels.Place> places) {
    List<Share> shares = new ArrayList<>();
    for (Levels.Place place : places) {
      double sum = place.hosts().stream().mapToDouble(h -> h.endpoint().weight()).sum();
      for (Host host : place.hosts()) {
        shares.add(new Share(host, host.endpoint().weight() / sum * place.share()));
      }
    }
    return of(policy, shares);
  }

  private static HashTable ring(LoadBalancing.RingHash policy, List<Share> hosts) {
    double least = hosts.stream().mapToDouble(Share::share).min().orElse(1);
    double scale =
        Math.min(
            Math.ceil(least * policy.minimumRingSize()) / least,
            Math.min(MAX_RING, policy.maximumRingSize()));
    record Point(long hash, Host host) {}
    List<Point> all = new ArrayList<>();
    double target = 0;
    for (Share each : hosts) {
      String name = name(each.host()) + "_";
      target += scale * each.share();
      for (int i = 0; all.size() < target; i++) {
        all.add(new Point(XxHash64.hash(name + i, 0), each.host()));
      }
    }
    all.sort((a, b) -> Long.compareUnsigned(a.hash, b.hash));
    return new HashTable(
        all.stream().mapToLong(p -> p.hash ^ Long.MIN_VALUE).toArray(),
        all.stream().map(Point::host).toArray(Host[]::new));
  }

  private static HashTable maglev(int size, List<Share> given) {
    // The order of the rounds decides who gets a slot that two want.
    List<Share> hosts = new ArrayList<>(given);
    hosts.sort(Comparator.comparing(s -> name(s.host())));
    int n = hosts.size();
    double most = hosts.stream().mapToDouble(Share::share).max().orElse(1);
    long[] offset = new long[n];
    long[] skip = new long[n];
    long[] next = new long[n];
    double[] due = new double[n];
    for (int i = 0; i < n; i++) {
      String name = name(hosts.get(i).host());
      offset[i] = Long.remainderUnsigned(XxHash64.hash(name, 0), size);
      skip[i] = Long.remainderUnsigned(XxHash64.hash(name, 1), size - 1) + 1;
    }
    Host[] table = new Host[size];
    int filled = 0;
    for (int round = 1; filled < size; round++) {
      for (int i = 0; i < n && filled < size; i++) {
        // A host of half the weight takes a slot in every second round.
        if (round * hosts.get(i).share() < due[i]) {
          continue;
        }
        due[i] += most;
        int slot = (int) ((offset[i] + skip[i] * next[i]) % size);
        while (table[slot] != null) {
          next[i]++;
          slot = (int) ((offset[i] + skip[i] * next[i]) % size);
        }
        table[slot] = hosts.get(i).host();
        next[i]++;
        filled++;
      }
    }
    return new HashTable(new long[0], table);
  }

  private static String name(Host host) {
    InetSocketAddress address = host.address();
    String ip = address.getAddress().getHostAddress();
    return ip.indexOf(':') >= 0
        ? "[" + ip + "]:" + address.getPort()
        : ip + ":" + address.getPort();
  }

  /**
   * The host of a hash.
   *
   * @param attempt how often a host was drawn for the same request and found unwanted
   */
  Host pick(long hash, int attempt) {
    if (points.length == 0) {
      // Most bits change with each attempt, so that retries do not all meet at one other host.
      long key = attempt > 0 ? hash ^ -(long) attempt : hash;
      return slots[(int) Long.remainderUnsigned(key, slots.length)];
    }
    int found = Arrays.binarySearch(points, hash ^ Long.MIN_VALUE);
    return slots[((found < 0 ? -found - 1 : found) + attempt) % slots.length];
  }
}
