// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.upstream;

import io.flotilla.model.cluster.LoadBalancing;
import io.flotilla.model.cluster.LoadBalancing.SlowStart;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * The hosts of one level, or of one locality of it, as long as they are the same, and which of them
 * comes next by the cluster's policy. Where all weigh the same and none starts slowly, no weights
 * are kept.
 */
final class Rotation {
  private final LoadBalancing policy;
  private final List<Host> hosts;
  private final int[] turn;
  private final @Nullable SlowStart slowStart;
  private final @Nullable Schedule<Host> schedule;

  /**
   * @param hosts of which there is at least one
   * @param turn whose turn it is where all weigh the same; outlives this
   */
  Rotation(LoadBalancing policy, List<Host> hosts, int[] turn) {
    this.policy = policy;
    this.hosts = hosts;
    this.turn = turn;
    this.slowStart = slowStart(policy).orElse(null);
    boolean weighs =
        policy instanceof LoadBalancing.RoundRobin || policy instanceof LoadBalancing.LeastRequest;
    this.schedule =
        weighs && hosts.size() > 1 && (!alike(hosts) || anyStartsSlowly())
            ? new Schedule<>(hosts, this::weight)
            : null;
  }

  static Optional<SlowStart> slowStart(LoadBalancing policy) {
    return switch (policy) {
      case LoadBalancing.RoundRobin r -> r.slowStart();
      case LoadBalancing.LeastRequest l -> l.slowStart();
      default -> Optional.empty();
    };
  }

  private static boolean alike(List<Host> hosts) {
    int weight = hosts.getFirst().endpoint().weight();
    for (Host host : hosts) {
      if (host.endpoint().weight() != weight) {
        return false;
      }
    }
    return true;
  }

  private boolean anyStartsSlowly() {
    SlowStart slow = slowStart;
    if (slow == null) {
      return false;
    }
    long now = System.nanoTime();
    for (Host host : hosts) {
      if (host.wellForNanos(now) <= slow.window().toNanos()) {
        return true;
      }
    }
    return false;
  }

  Host next() {
    if (hosts.size() == 1) {
      return hosts.getFirst();
    }
    if (schedule != null) {
      return schedule.next(this::weight);
    }
    return switch (policy) {
      case LoadBalancing.RoundRobin r -> {
        turn[0] = (turn[0] + 1) & Integer.MAX_VALUE;
        yield hosts.get(turn[0] % hosts.size());
      }
      case LoadBalancing.LeastRequest l -> leastLoaded(l.choices());
      // As in Envoy, chance knows no weights.
      default -> drawn();
    };
  }

  private Host drawn() {
    return hosts.get(ThreadLocalRandom.current().nextInt(hosts.size()));
  }

  private Host leastLoaded(int choices) {
    Host best = drawn();
    for (int i = 1; i < choices; i++) {
      Host other = drawn();
      if (other.active() < best.active()) {
        best = other;
      }
    }
    return best;
  }

  private double weight(Host host) {
    double weight = host.endpoint().weight();
    if (policy instanceof LoadBalancing.LeastRequest) {
      weight /= host.active() + 1.0;
    }
    return slowStart == null ? weight : weight * started(slowStart, host);
  }

  /** The share of its weight that a host has by now. */
  private static double started(SlowStart slow, Host host) {
    long window = slow.window().toMillis();
    long age = TimeUnit.NANOSECONDS.toMillis(host.wellForNanos(System.nanoTime()));
    if (age >= window || host.health() != Levels.Health.HEALTHY) {
      return 1;
    }
    double grown = Math.pow(Math.max(1, age) / (double) window, 1 / slow.aggression());
    // A host of no weight at all would never get another turn.
    return Math.max(Double.MIN_NORMAL, Math.max(grown, slow.leastPercent() / 100));
  }
}
