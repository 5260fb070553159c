// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.upstream;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;

/**
 * How requests are shared out over priorities (Envoy documentation, "Priority levels",
 * "Overprovisioning factor" and "Panic threshold"): each level takes what its healthy hosts can
 * bear, with some to spare, and what is left over goes to the next. Where all levels together
 * cannot bear it, a level with too few healthy hosts trusts all of its hosts: better some requests
 * to a sick host than all of them to the few that are left.
 */
final class Levels {
  private static final int OVERPROVISIONING = 140;

  /**
   * One priority.
   *
   * @param hosts that may be chosen
   * @param load of a hundred requests
   */
  record Level(int priority, List<Host> hosts, int load) {}

  private final List<Level> levels;

  private Levels(List<Level> levels) {
    this.levels = levels;
  }

  /**
   * @param priorities all hosts of each priority, in order
   * @param panicPercent the least share of healthy hosts; 0: sick hosts are never trusted
   */
  static Levels of(List<List<Host>> priorities, Predicate<Host> healthy, int panicPercent) {
    int n = priorities.size();
    List<List<Host>> well = new ArrayList<>(n);
    int[] health = new int[n];
    int total = 0;
    for (int i = 0; i < n; i++) {
      List<Host> all = priorities.get(i);
      List<Host> some = all.stream().filter(healthy).toList();
      well.add(some);
      health[i] = all.isEmpty() ? 0 : Math.min(100, OVERPROVISIONING * some.size() / all.size());
      total = Math.min(100, total + health[i]);
    }
    boolean[] panic = new boolean[n];
    boolean everywhere = n > 0 && panicPercent > 0;
    for (int i = 0; i < n; i++) {
      int share =
          priorities.get(i).isEmpty() ? 0 : 100 * well.get(i).size() / priorities.get(i).size();
      panic[i] = total < 100 && share < panicPercent;
      everywhere &= panic[i];
    }
    int[] load = everywhere ? byHosts(priorities) : byHealth(health, total);
    List<Level> levels = new ArrayList<>(n);
    for (int i = 0; i < n; i++) {
      levels.add(new Level(i, panic[i] ? priorities.get(i) : well.get(i), load[i]));
    }
    return new Levels(levels);
  }

  private static int[] byHealth(int[] health, int total) {
    int[] load = new int[health.length];
    int left = 100;
    int first = -1;
    for (int i = 0; i < health.length && total > 0; i++) {
      load[i] = Math.min(left, health[i] * 100 / total);
      left -= load[i];
      first = first < 0 && health[i] > 0 ? i : first;
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

  /** All of them, the first first. */
  List<Level> all() {
    return levels;
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
