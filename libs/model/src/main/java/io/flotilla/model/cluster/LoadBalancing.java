// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.cluster;

/** How an endpoint is chosen. */
public sealed interface LoadBalancing {
  LoadBalancing LEAST_REQUEST = new LeastRequest(2);
  LoadBalancing ROUND_ROBIN = new RoundRobin();
  LoadBalancing RANDOM = new Random();

  /** In turn, by weight. */
  record RoundRobin() implements LoadBalancing {}

  /**
   * The least loaded of some drawn at random.
   *
   * @param choices how many are drawn, 2 and up
   */
  record LeastRequest(int choices) implements LoadBalancing {}

  /** At random, by weight. */
  record Random() implements LoadBalancing {}

  /** Consistent hashing on a ring. */
  record RingHash(long minimumRingSize, long maximumRingSize) implements LoadBalancing {}

  /** Consistent hashing by table; the size is a prime. */
  record Maglev(long tableSize) implements LoadBalancing {}

  /** The cluster's discovery decides (original destination). */
  record ClusterProvided() implements LoadBalancing {}
}
