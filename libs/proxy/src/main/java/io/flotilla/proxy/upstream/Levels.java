// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.upstream;

import io.flotilla.model.endpoint.Locality;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * How requests are shared out over priorities (Envoy documentation, "Priority levels", "Degraded
 * endpoints", "Overprovisioning factor" and "Panic threshold"): each level takes what its healthy
 * hosts can bear, with some to spare, and what is left over goes to the next; what no healthy host
 * can bear goes to degraded ones in the same way. Where all levels together cannot bear it, a level
 * with too few of both trusts all of its hosts: better some requests to a sick host than all of
 * them to the few that are left.
 */
final class Levels {
  private static final int MOST_PLACES = 1 << 20;

  /** How well a host is. */
  enum Health {
    HEALTHY,
    DEGRADED,
    UNHEALTHY
  }

  /**
   * One priority, or the degraded hosts of one.
   *
   * @param key tells it from the others
   * @param hosts that may be chosen
   * @param load of a hundred requests
   * @param places what localities share out; empty: hosts alone count
   */
  record Level(int key, List<Host> hosts, int load, List<Place> places) {}

  /**
   * A locality's hosts that may be chosen.
   *
   * @param key tells it from all others, also of other levels
   * @param weight what it bears: its own weight, as far as enough of its hosts are well
   * @param share of all weights of its level, however many are well: what hashing goes by
   */
  record Place(int key, List<Host> hosts, double weight, double share) {}

  private final List<Level> levels;
  // What each priority can bear, by hosts that are well or degraded.
  private final int[] available;

  private Levels(List<Level> levels, int[] available) {
    this.levels = levels;
    this.available = available;
  }

  /**
   * @param priorities all hosts of each priority, in order
   * @param panicPercent the least share of hosts that are not sick; 0: sick ones are never trusted
   * @param byLocality whether localities share out requests by their weights
   * @param overprovisioning how much of its share a level can bear, in percent
   * @param byWeight whether hosts count by their weights for how much of a level is well
   */
  static Levels of(
      List<List<Host>> priorities,
      Function<Host, Health> health,
      int panicPercent,
      boolean byLocality,
      int overprovisioning,
      boolean byWeight) {
    int n = priorities.size();
    List<List<Host>> well = new ArrayList<>(n);
    List<List<Host>> degraded = new ArrayList<>(n);
    // First what the healthy of each level can bear, then what the degraded can.
    int[] bears = new int[2 * n];
    int total = 0;
    for (int i = 0; i < n; i++) {
      List<Host> all = priorities.get(i);
      well.add(all.stream().filter(h -> health.apply(h) == Health.HEALTHY).toList());
      degraded.add(all.stream().filter(h -> health.apply(h) == Health.DEGRADED).toList());
      bears[i] = share(overprovisioning, well.get(i), all, byWeight);
      bears[n + i] = share(overprovisioning, degraded.get(i), all, byWeight);
      total = Math.min(100, total + bears[i] + bears[n + i]);
    }
    boolean[] panic = new boolean[n];
    boolean everywhere = n > 0 && panicPercent > 0;
    for (int i = 0; i < n; i++) {
      List<Host> all = priorities.get(i);
      panic[i] =
          total < 100
              && share(100, well.get(i), all, byWeight) + share(100, degraded.get(i), all, byWeight)
                  < panicPercent;
      everywhere &= panic[i];
    }
    int[] load = everywhere ? byHosts(priorities) : byHealth(bears, total);
    List<Level> levels = new ArrayList<>(2 * n);
    for (int i = 0; i < n; i++) {
      levels.add(
          panic[i]
              ? new Level(i, priorities.get(i), load[i], List.of())
              : new Level(
                  i,
                  well.get(i),
                  load[i],
                  places(byLocality, overprovisioning, i, well.get(i), priorities.get(i))));
    }
    for (int i = 0; i < n && !everywhere; i++) {
      if (load[n + i] > 0) {
        levels.add(
            panic[i]
                ? new Level(n + i, priorities.get(i), load[n + i], List.of())
                : new Level(
                    n + i,
                    degraded.get(i),
                    load[n + i],
                    places(
                        byLocality, overprovisioning, n + i, degraded.get(i), priorities.get(i))));
      }
    }
    int[] available = new int[n];
    for (int i = 0; i < n; i++) {
      available[i] = bears[i] + bears[n + i];
    }
    return new Levels(levels, available);
  }

  private static List<Place> places(
      boolean byLocality, int overprovisioning, int key, List<Host> some, List<Host> all) {
    if (!byLocality) {
      return List.of();
    }
    Map<Locality, Integer> weights = new LinkedHashMap<>();
    all.forEach(h -> weights.put(h.locality(), h.localityWeight()));
    double sum = weights.values().stream().mapToDouble(w -> w).sum();
    Map<Locality, List<Host>> may = new LinkedHashMap<>();
    some.forEach(h -> may.computeIfAbsent(h.locality(), l -> new ArrayList<>()).add(h));
    List<Place> places = new ArrayList<>();
    may.forEach(
        (locality, hosts) -> {
          long there = all.stream().filter(h -> h.locality().equals(locality)).count();
          double bears = Math.min(1, overprovisioning / 100.0 * hosts.size() / there);
          int weight = hosts.getFirst().localityWeight();
          if (weight > 0) {
            places.add(
                new Place(
                    (key + 1) * MOST_PLACES + places.size(), hosts, weight * bears, weight / sum));
          }
        });
    return places;
  }

  private static int share(int of, List<Host> some, List<Host> all, boolean byWeight) {
    long whole = byWeight ? weight(all) : all.size();
    long part = byWeight ? weight(some) : some.size();
    return whole == 0 ? 0 : (int) Math.min(100, of * part / whole);
  }

  private static long weight(List<Host> hosts) {
    long sum = 0;
    for (Host host : hosts) {
      sum += host.endpoint().weight();
    }
    return sum;
  }

  private static int[] byHealth(int[] bears, int total) {
    int[] load = new int[bears.length];
    int left = 100;
    int first = -1;
    for (int i = 0; i < bears.length && total > 0; i++) {
      load[i] = Math.min(left, bears[i] * 100 / total);
      left -= load[i];
      first = first < 0 && bears[i] > 0 ? i : first;
    }
    if (first >= 0) {
      load[first] += left;
    }
    return load;
  }

  private static int[] byHosts(List<List<Host>> priorities) {
    int[] load = new int[priorities.size()];
    int total = priorities.stream().mapToInt(List::size).sum();
    int left = 100;
    int first = -1;
    for (int i = 0; i < load.length && total > 0; i++) {
      load[i] = 100 * priorities.get(i).size() / total;
      left -= load[i];
      first = first < 0 && load[i] > 0 ? i : first;
    }
    if (first >= 0) {
      load[first] += left;
    }
    return load;
  }

  /**
   * The level of a request that some priorities are left out for; null: no other can bear it.
   *
   * @param number any; the same gives the same level
   */
  @Nullable Level chooseOutside(Set<Integer> shunned, long number) {
    int total = 0;
    for (int i = 0; i < available.length; i++) {
      total += shunned.contains(i) ? 0 : available[i];
    }
    if (total == 0) {
      return null;
    }
    total = Math.min(100, total);
    int point = (int) Long.remainderUnsigned(number, 100);
    Level first = null;
    for (int i = 0; i < available.length; i++) {
      if (!shunned.contains(i) && available[i] > 0) {
        first = first == null ? levels.get(i) : first;
        point -= available[i] * 100 / total;
        if (point < 0) {
          return levels.get(i);
        }
      }
    }
    // What rounding leaves over.
    return first;
  }

  /**
   * The level of a request.
   *
   * @param number any; the same gives the same level
   */
  Level choose(long number) {
    int point = (int) Long.remainderUnsigned(number, 100);
    for (Level level : levels) {
      point -= level.load();
      if (point < 0) {
        return level;
      }
    }
    return levels.getFirst();
  }
}
