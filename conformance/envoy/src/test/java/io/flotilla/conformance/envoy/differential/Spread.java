// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.envoy.differential;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Counts the endpoints of clusters in which no request decides; all of theirs weigh the same. */
final class Spread {
  /** Of chi-squared with three degrees of freedom: exceeded by chance once in ten thousand runs. */
  private static final double LIMIT = 21.1;

  private final Map<String, Map<String, Integer>> counts = new TreeMap<>();

  void add(List<Suite.Pair> pairs) {
    for (Suite.Pair pair : pairs) {
      if (World.SPREAD.contains(pair.ours().cluster())) {
        pair.ours()
            .attempts()
            .forEach(s -> count("ours " + pair.ours().cluster(), "" + s.backend()));
        pair.envoy()
            .attempts()
            .forEach(s -> count("envoy " + pair.envoy().cluster(), "" + s.backend()));
      }
    }
  }

  private void count(String cluster, String endpoint) {
    counts.computeIfAbsent(cluster, c -> new TreeMap<>()).merge(endpoint, 1, Integer::sum);
  }

  void check() {
    System.out.println("spread: " + counts);
    counts.forEach(
        (cluster, endpoints) ->
            assertThat(chiSquared(endpoints.values()))
                .as("chi-squared of " + cluster + " " + endpoints)
                .isLessThan(LIMIT));
  }

  static double chiSquared(java.util.Collection<Integer> observed) {
    double expected = observed.stream().mapToInt(i -> i).average().orElse(0);
    return observed.stream().mapToDouble(o -> (o - expected) * (o - expected) / expected).sum();
  }
}
