// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.route;

import io.flotilla.model.Checks;
import io.flotilla.model.policy.FilterOverride;
import java.util.List;
import java.util.Map;

/** How a forwarding route names its cluster. */
public sealed interface ClusterChoice {

  /** The names that can come out; empty when only the request tells. */
  List<String> clusters();

  /** Always this one. */
  record Single(String name) implements ClusterChoice {
    public Single {
      Checks.notEmpty(name, "cluster of a route");
    }

    @Override
    public List<String> clusters() {
      return List.of(name);
    }
  }

  /**
   * One by weight.
   *
   * @param targets at least one; the sum of the weights is above zero
   */
  record Weighted(List<WeightedCluster> targets) implements ClusterChoice {
    public Weighted {
      targets = List.copyOf(targets);
      long sum = 0;
      for (WeightedCluster t : targets) {
        sum += t.weight();
      }
      Checks.require(sum > 0, "the weights of a route's clusters must add up to more than zero");
    }

    @Override
    public List<String> clusters() {
      return targets.stream().map(WeightedCluster::name).toList();
    }
  }

  /** The value of a request header. */
  record FromHeader(String header) implements ClusterChoice {
    public FromHeader {
      Checks.notEmpty(header, "cluster header of a route");
    }

    @Override
    public List<String> clusters() {
      return List.of();
    }
  }

  /**
   * One target of a weighted choice.
   *
   * @param weight 0 and up
   * @param filters what filters do otherwise, by their names
   * @param subset as of {@link Terms#subset}, over what the route itself asks for
   */
  record WeightedCluster(
      String name,
      int weight,
      HeaderEdits headerEdits,
      Map<String, FilterOverride> filters,
      Map<String, Object> subset) {
    public WeightedCluster {
      filters = Map.copyOf(filters);
      subset = Map.copyOf(subset);
      Checks.notEmpty(name, "name of a weighted cluster");
      Checks.inRange(weight, 0, Integer.MAX_VALUE, "weight of cluster " + name);
    }

    /** With all filters as they are, asking for no subset itself. */
    public WeightedCluster(String name, int weight, HeaderEdits headerEdits) {
      this(name, weight, headerEdits, Map.of(), Map.of());
    }
  }
}
