// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.cluster;

import io.flotilla.model.Checks;
import java.time.Duration;
import java.util.Optional;

/** How an endpoint is chosen. */
public sealed interface LoadBalancing {
  LoadBalancing LEAST_REQUEST = new LeastRequest(2, Optional.empty());
  LoadBalancing ROUND_ROBIN = new RoundRobin(Optional.empty());
  LoadBalancing RANDOM = new Random();

  /** In turn, by weight. */
  record RoundRobin(Optional<SlowStart> slowStart) implements LoadBalancing {}

  /**
   * The least loaded of some drawn at random.
   *
   * @param choices how many are drawn, 2 and up
   */
  record LeastRequest(int choices, Optional<SlowStart> slowStart) implements LoadBalancing {
    /** Which gives new endpoints their whole share at once. */
    public LeastRequest(int choices) {
      this(choices, Optional.empty());
    }
  }

  /**
   * New endpoints, and those that became well again, get their share of requests little by little
   * (Envoy documentation, "Slow start mode").
   *
   * @param window after which an endpoint has its whole weight
   * @param aggression 1: the weight grows evenly; more: faster at the beginning
   * @param leastPercent of the weight, which it has at the beginning; 0 to 100
   */
  record SlowStart(Duration window, double aggression, double leastPercent) {
    public SlowStart {
      Checks.require(
          window.toMillis() > 0,
          "the window of slow start must be at least 1 ms, but is " + window);
      Checks.require(
          aggression > 0 && Double.isFinite(aggression),
          "the aggression of slow start must be more than 0, but is " + aggression);
      Checks.require(
          leastPercent >= 0 && leastPercent <= 100,
          "the least weight of slow start must be 0 to 100 percent, but is " + leastPercent);
    }
  }

  /** At random, by weight. */
  record Random() implements LoadBalancing {}

  /** Consistent hashing on a ring. */
  record RingHash(long minimumRingSize, long maximumRingSize) implements LoadBalancing {}

  /** Consistent hashing by table; the size is a prime. */
  record Maglev(long tableSize) implements LoadBalancing {}

  /** The cluster's discovery decides (original destination). */
  record ClusterProvided() implements LoadBalancing {}
}
