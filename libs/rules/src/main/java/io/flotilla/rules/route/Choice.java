// SPDX-License-Identifier: Apache-2.0
package io.flotilla.rules.route;

import io.flotilla.model.match.Percentage;
import io.flotilla.model.policy.FilterOverride;
import io.flotilla.model.route.ClusterChoice;
import io.flotilla.model.route.ClusterChoice.WeightedCluster;
import io.flotilla.model.route.HeaderEdits;
import io.flotilla.rules.RequestView;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/** Decisions that a random number, or the request, makes. */
public final class Choice {
  /** Of no cluster. */
  public static final Chosen NONE = new Chosen("");

  private Choice() {}

  /**
   * The cluster chosen, the edits that go with it, and what filters do otherwise for it.
   *
   * @param subset the metadata that it is asked for over what the route asks for
   */
  public record Chosen(
      String cluster,
      HeaderEdits headerEdits,
      Map<String, FilterOverride> filters,
      Map<String, Object> subset) {
    private Chosen(String cluster) {
      this(cluster, HeaderEdits.NONE, Map.of(), Map.of());
    }

    /** What is asked for by route and cluster together. */
    public Map<String, Object> subset(Map<String, Object> ofRoute) {
      if (subset.isEmpty()) {
        return ofRoute;
      }
      if (ofRoute.isEmpty()) {
        return subset;
      }
      Map<String, Object> both = new HashMap<>(ofRoute);
      both.putAll(subset);
      return both;
    }
  }

  /**
   * The cluster of a request.
   *
   * @param random any number; the same number gives the same cluster
   * @return empty: the header that names the cluster is absent
   */
  public static Optional<Chosen> cluster(ClusterChoice choice, RequestView request, int random) {
    return switch (choice) {
      case ClusterChoice.Single s -> Optional.of(new Chosen(s.name()));
      case ClusterChoice.FromHeader h -> {
        String name = request.header(h.header());
        yield name == null ? Optional.empty() : Optional.of(new Chosen(name));
      }
      case ClusterChoice.Weighted w -> {
        WeightedCluster target = weighted(w, random);
        yield Optional.of(
            new Chosen(target.name(), target.headerEdits(), target.filters(), target.subset()));
      }
    };
  }

  /** One target by its weight. */
  public static WeightedCluster weighted(ClusterChoice.Weighted choice, int random) {
    long sum = 0;
    for (WeightedCluster target : choice.targets()) {
      sum += target.weight();
    }
    long point = Integer.toUnsignedLong(random) % sum;
    for (WeightedCluster target : choice.targets()) {
      point -= target.weight();
      if (point < 0) {
        return target;
      }
    }
    return choice.targets().getLast();
  }

  /**
   * Whether an event of this share happens.
   *
   * @param random 0 to 999,999
   */
  public static boolean happens(Percentage share, int random) {
    return random < share.partsPerMillion();
  }
}
