// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.upstream;

import io.flotilla.model.cluster.Cluster;
import io.flotilla.model.cluster.Subsets;
import io.flotilla.proxy.metrics.ClusterStat;
import io.flotilla.proxy.metrics.ClusterStats;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Chooses among the endpoints of the subset that a request asks for (Envoy documentation, "Load
 * balancer subsets").
 */
final class SubsetBalancer {
  private final Cluster cluster;
  private final Subsets subsets;
  private final Collection<List<Host>> priorities;
  private final ClusterStats stats;
  private final Supplier<Balancer> balancers;
  // Those that were asked for and are there, by what was asked for: no more than endpoints differ.
  private final Map<Map<String, Object>, Part> parts = new HashMap<>();
  private @Nullable Part everything;
  private @Nullable Part usual;

  /** The endpoints of a subset, in as many priorities as all have. */
  private record Part(Balancer balancer, List<List<Host>> priorities) {
    boolean isEmpty() {
      return priorities.stream().allMatch(List::isEmpty);
    }
  }

  /**
   * @param priorities the endpoints of each priority, in order; as long as they are the same
   * @param balancers makes one for a subset
   */
  SubsetBalancer(
      Cluster cluster,
      Subsets subsets,
      Collection<List<Host>> priorities,
      ClusterStats stats,
      Supplier<Balancer> balancers) {
    this.cluster = cluster;
    this.subsets = subsets;
    this.priorities = priorities;
    this.stats = stats;
    this.balancers = balancers;
  }

  /** An endpoint changed its health. */
  void forget() {
    parts.values().forEach(p -> p.balancer().forget());
    if (everything != null) {
      everything.balancer().forget();
    }
    if (usual != null) {
      usual.balancer().forget();
    }
  }

  @Nullable Host choose(Map<String, Object> wanted, @Nullable Long key, @Nullable Redraw redraw) {
    if (!wanted.isEmpty()) {
      Subsets.Selector selector = selector(wanted);
      Part part = selector == null ? null : part(wanted);
      if (part != null) {
        stats.add(ClusterStat.LB_SUBSETS_SELECTED);
        return choose(part, key, redraw);
      }
      if (selector != null && selector.fallback() != Subsets.Fallback.AS_CLUSTER) {
        return instead(selector, wanted, key, redraw);
      }
    }
    Host host =
        switch (subsets.fallback()) {
          case ANY_ENDPOINT -> choose(everything(), key, redraw);
          case DEFAULT_SUBSET -> choose(usual(), key, redraw);
          case NO_ENDPOINT, FEWER_KEYS, AS_CLUSTER -> null;
        };
    if (host != null) {
      stats.add(ClusterStat.LB_SUBSETS_FALLBACK);
    }
    return host;
  }

  private @Nullable Host instead(
      Subsets.Selector selector,
      Map<String, Object> wanted,
      @Nullable Long key,
      @Nullable Redraw redraw) {
    return switch (selector.fallback()) {
      case ANY_ENDPOINT -> choose(everything(), key, redraw);
      case DEFAULT_SUBSET -> choose(usual(), key, redraw);
      case FEWER_KEYS -> {
        Map<String, Object> fewer = new HashMap<>(wanted);
        fewer.keySet().retainAll(selector.fewerKeys());
        yield choose(fewer, key, redraw);
      }
      case NO_ENDPOINT, AS_CLUSTER -> null;
    };
  }

  private Subsets.@Nullable Selector selector(Map<String, Object> wanted) {
    for (Subsets.Selector selector : subsets.selectors()) {
      if (selector.keys().equals(wanted.keySet())) {
        return selector;
      }
    }
    return null;
  }

  private @Nullable Host choose(Part part, @Nullable Long key, @Nullable Redraw redraw) {
    return part.balancer()
        .choose(
            cluster,
            part.priorities(),
            cluster.endpointRules().localityWeighted() && subsets.localityWeighted(),
            key,
            redraw);
  }

  private Part everything() {
    Part known = everything;
    if (known == null) {
      known = make(Map.of());
      everything = known;
    }
    return known;
  }

  private Part usual() {
    Part known = usual;
    if (known == null) {
      known = make(subsets.defaultSubset());
      usual = known;
    }
    return known;
  }

  private @Nullable Part part(Map<String, Object> wanted) {
    Part known = parts.get(wanted);
    if (known == null) {
      known = make(wanted);
      if (known.isEmpty()) {
        return null;
      }
      parts.put(wanted, known);
    }
    return known;
  }

  private Part make(Map<String, Object> wanted) {
    List<List<Host>> out = new ArrayList<>();
    for (List<Host> all : priorities) {
      out.add(all.stream().filter(h -> has(h.endpoint().metadata(), wanted)).toList());
    }
    return new Part(balancers.get(), out);
  }

  private static boolean has(Map<String, Object> metadata, Map<String, Object> wanted) {
    for (Map.Entry<String, Object> each : wanted.entrySet()) {
      if (!Objects.equals(metadata.get(each.getKey()), each.getValue())) {
        return false;
      }
    }
    return true;
  }
}
