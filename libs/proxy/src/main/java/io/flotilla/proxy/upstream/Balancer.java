// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.upstream;

import io.flotilla.model.cluster.Cluster;
import io.flotilla.model.cluster.EndpointRules;
import io.flotilla.model.cluster.LoadBalancing;
import io.flotilla.model.cluster.OutlierDetection;
import io.flotilla.model.endpoint.ClusterLoadAssignment;
import java.util.Collection;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * Chooses among a cluster's endpoints, or among those of a subset, by priority, health, locality
 * and policy.
 */
final class Balancer {
  private static final int DEFAULT_PANIC_PERCENT = 50;

  private final Map<Integer, HashTable> tables = new HashMap<>();
  private final Map<Integer, Rotation> rotations = new HashMap<>();
  private final Map<Integer, Schedule<Levels.Place>> places = new HashMap<>();
  private final Map<Integer, int[]> turns = new HashMap<>();
  private final int overprovisioning;
  private final boolean byWeight;
  private @Nullable Levels levels;

  /**
   * @param overprovisioning as of {@link ClusterLoadAssignment#overprovisioning}
   * @param byWeight as of {@link ClusterLoadAssignment#healthByWeight}
   */
  Balancer(int overprovisioning, boolean byWeight) {
    this.overprovisioning = overprovisioning;
    this.byWeight = byWeight;
  }

  /** An endpoint came, went, or changed its health. */
  void forget() {
    levels = null;
  }

  /**
   * @param priorities the endpoints of each priority, in order
   * @param byLocality whether the weights of localities count
   * @param key what the request hashes to; null: it hashes to nothing
   * @param redraw null: the first that is drawn is taken
   * @return null: there is none that may be chosen
   */
  @Nullable Host choose(
      Cluster cluster,
      Collection<List<Host>> priorities,
      boolean byLocality,
      @Nullable Long key,
      @Nullable Redraw redraw) {
    if (priorities.isEmpty()) {
      return null;
    }
    Levels known = levels(cluster, priorities, byLocality);
    Host host = null;
    for (int i = 0; i <= (redraw == null ? 0 : redraw.most()); i++) {
      long number = key == null ? ThreadLocalRandom.current().nextLong() : key;
      Levels.Level level =
          redraw == null ? known.choose(number) : redraw.tried().choose(known, number);
      host = draw(cluster, level, number, i);
      if (host == null || redraw == null || !redraw.unwanted().test(host)) {
        return host;
      }
    }
    return host;
  }

  private @Nullable Host draw(Cluster cluster, Levels.Level level, long number, int attempt) {
    if (level.hosts().isEmpty()) {
      return null;
    }
    LoadBalancing policy = cluster.loadBalancing();
    HashTable table = hashes(policy) ? table(policy, level) : null;
    if (table != null) {
      return table.pick(number, attempt);
    }
    if (level.places().isEmpty()) {
      return next(policy, level.key(), level.hosts());
    }
    Levels.Place place =
        places
            .computeIfAbsent(level.key(), k -> new Schedule<>(level.places(), Levels.Place::weight))
            .next(Levels.Place::weight);
    return next(policy, place.key(), place.hosts());
  }

  static boolean hashes(LoadBalancing policy) {
    return policy instanceof LoadBalancing.RingHash || policy instanceof LoadBalancing.Maglev;
  }

  private @Nullable HashTable table(LoadBalancing policy, Levels.Level level) {
    HashTable table = tables.get(level.key());
    if (table == null) {
      table =
          level.places().isEmpty()
              ? HashTable.ofHosts(policy, level.hosts())
              : HashTable.ofPlaces(policy, level.places());
      if (table != null) {
        tables.put(level.key(), table);
      }
    }
    return table;
  }

  private Host next(LoadBalancing policy, int key, List<Host> candidates) {
    Rotation rotation = rotations.get(key);
    if (rotation == null) {
      rotation = new Rotation(policy, candidates, turns.computeIfAbsent(key, k -> new int[1]));
      rotations.put(key, rotation);
    }
    return rotation.next();
  }

  private Levels levels(Cluster cluster, Collection<List<Host>> priorities, boolean byLocality) {
    Levels known = levels;
    if (known == null) {
      EndpointRules rules = cluster.endpointRules();
      known =
          Levels.of(
              List.copyOf(priorities),
              Host::health,
              rules
                  .panicPercent()
                  .or(() -> cluster.outlierDetection().map(OutlierDetection::minHealthPercent))
                  .orElse(DEFAULT_PANIC_PERCENT),
              byLocality,
              overprovisioning,
              byWeight);
      levels = known;
      tables.clear();
      rotations.clear();
      places.clear();
    }
    return known;
  }
}
