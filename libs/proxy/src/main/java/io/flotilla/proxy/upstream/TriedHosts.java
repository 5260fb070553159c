// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.upstream;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;

/**
 * The endpoints that one request was tried at, and the priorities that its next try leaves out for
 * it (Envoy documentation, "Retry plugin configuration": previous priorities).
 */
public final class TriedHosts {
  private final int every;
  private final Set<Host> hosts = new HashSet<>();
  private final List<Integer> priorities = new ArrayList<>();
  private final Set<Integer> shunned = new HashSet<>();

  /**
   * @param every after how many tries, and each time as many were made, priorities are left out; 0:
   *     never
   */
  public TriedHosts(int every) {
    this.every = every;
  }

  /** One more. */
  public void add(Host host) {
    hosts.add(host);
    if (every > 0) {
      priorities.add(host.priority());
    }
  }

  /** Whether it was tried. */
  public boolean contains(Host host) {
    return hosts.contains(host);
  }

  Levels.Level choose(Levels levels, long number) {
    if (every == 0 || priorities.size() < every) {
      return levels.choose(number);
    }
    if (priorities.size() % every == 0) {
      shunned.addAll(priorities);
    }
    Levels.Level level = levels.chooseOutside(shunned, number);
    if (level == null) {
      // All were tried: from the beginning.
      shunned.clear();
      priorities.clear();
      level = levels.chooseOutside(shunned, number);
    }
    return level == null ? levels.choose(number) : level;
  }
}
