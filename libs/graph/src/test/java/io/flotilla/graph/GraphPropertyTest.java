// SPDX-License-Identifier: Apache-2.0
package io.flotilla.graph;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

/**
 * Random events against the same state computed from nothing: by the graph itself in one
 * transaction, and by plain loops over maps.
 */
class GraphPropertyTest {
  private static final int EVENTS = 12_000;
  private static final int KEYS = 25;

  /** One of each kind of collection, reading each other in all three ways. */
  private static final class Sample {
    final GraphBuilder builder = new GraphBuilder();
    final Source<Integer, Integer> a = builder.source("a");
    final Source<Integer, Integer> b = builder.source("b");
    final Index<Integer, Integer, Integer> aByRest =
        builder.index("a by rest", a, (key, value) -> List.of(value % 5, value % 3));
    final Collection<Integer, Integer> chased =
        builder.map(
            "chased",
            a,
            (reads, key, value) ->
                value % 7 == 6
                    ? Optional.empty()
                    : Optional.of(value + reads.get(b, value % KEYS).orElse(-1)));
    final Collection<Integer, Integer> spread =
        builder.flatMap(
            "spread",
            chased,
            (reads, key, value) -> {
              Map<Integer, Integer> out = new LinkedHashMap<>();
              for (int i = 0; i < Math.floorMod(value, 4); i++) {
                out.put(Math.floorMod(value + i, 11), value / 2);
              }
              return out;
            });
    final Collection<Integer, Integer> groupSums =
        builder.map(
            "sums",
            aByRest,
            (reads, rest, group) ->
                Optional.of(group.values().stream().mapToInt(v -> v).sum() / 3));
    final Collection<Integer, Integer> merged = builder.merge("merged", List.of(spread, b));
    final Collection<Integer, Integer> total =
        builder.map(
            "total",
            groupSums,
            (reads, key, sum) ->
                Optional.of(
                    sum
                        + reads.all(spread).size()
                        + reads.lookup(aByRest, key + 1).size()
                        + reads.get(merged, key).orElse(0)));
    final Graph graph = builder.build();
    final List<Collection<Integer, Integer>> outputs =
        List.of(chased, spread, groupSums, merged, total);
  }

  @Test
  void randomEventsGiveWhatRecomputingGives() {
    long seed = Long.getLong("flotilla.seed", System.nanoTime());
    System.out.println("GraphPropertyTest seed " + seed);
    Random random = new Random(seed);
    Sample live = new Sample();
    Map<Integer, Integer> a = new TreeMap<>();
    Map<Integer, Integer> b = new TreeMap<>();
    Map<Collection<Integer, Integer>, Map<Integer, Integer>> told = new LinkedHashMap<>();
    live.outputs.forEach(
        output -> {
          told.put(output, new TreeMap<>());
          live.graph.listen(output, changes -> apply(changes, told.get(output)));
        });

    for (int events = 0; events < EVENTS; ) {
      int batch = 1 + random.nextInt(4);
      events += batch;
      live.graph.transact(
          tx -> {
            for (int i = 0; i < batch; i++) {
              boolean first = random.nextBoolean();
              int key = random.nextInt(KEYS);
              int value = random.nextInt(100);
              boolean removes = random.nextInt(3) == 0;
              Source<Integer, Integer> source = first ? live.a : live.b;
              if (removes) {
                tx.remove(source, key);
                (first ? a : b).remove(key);
              } else {
                tx.set(source, key, value);
                (first ? a : b).put(key, value);
              }
            }
          });
      assertSame(seed, events, live, a, b);
      live.outputs.forEach(
          output ->
              assertThat(told.get(output))
                  .as("told of %s, seed %d", output, seed)
                  .isEqualTo(live.graph.view().all(output)));
    }
  }

  @Test
  void forksGiveWhatRecomputingGives() {
    long seed = Long.getLong("flotilla.seed", System.nanoTime());
    System.out.println("GraphPropertyTest seed " + seed);
    Random random = new Random(seed);
    Sample sample = new Sample();
    List<Graph> graphs = new ArrayList<>(List.of(sample.graph));
    List<Map<Integer, Integer>> contents = new ArrayList<>(List.of(new TreeMap<>()));

    for (int event = 0; event < 2_000; event++) {
      int which = random.nextInt(graphs.size());
      if (random.nextInt(100) == 0 && graphs.size() < 12) {
        graphs.add(graphs.get(which).fork());
        contents.add(new TreeMap<>(contents.get(which)));
      }
      int key = random.nextInt(KEYS);
      int value = random.nextInt(100);
      graphs.get(which).transact(tx -> tx.set(sample.a, key, value));
      contents.get(which).put(key, value);
      for (int i = 0; i < graphs.size(); i++) {
        assertThat(graphs.get(i).view().all(sample.a)).isEqualTo(contents.get(i));
      }
    }
    for (int i = 0; i < graphs.size(); i++) {
      Sample fresh = new Sample();
      Map<Integer, Integer> content = contents.get(i);
      fresh.graph.transact(tx -> tx.replace(fresh.a, content));
      for (int o = 0; o < fresh.outputs.size(); o++) {
        assertThat(graphs.get(i).view().all(sample.outputs.get(o)))
            .as("%s of fork %d, seed %d", sample.outputs.get(o), i, seed)
            .isEqualTo(fresh.graph.view().all(fresh.outputs.get(o)));
      }
    }
  }

  private static void apply(Changes<Integer, Integer> changes, Map<Integer, Integer> contents) {
    changes
        .byKey()
        .forEach(
            (key, change) -> {
              assertThat(contents.get(key)).isEqualTo(change.before());
              if (change.after() == null) {
                contents.remove(key);
              } else {
                contents.put(key, change.after());
              }
            });
  }

  private static void assertSame(
      long seed, int event, Sample live, Map<Integer, Integer> a, Map<Integer, Integer> b) {
    Sample fresh = new Sample();
    fresh.graph.transact(
        tx -> {
          tx.replace(fresh.a, a);
          tx.replace(fresh.b, b);
        });
    List<SortedMap<Integer, Integer>> plain = plainly(a, b);
    for (int i = 0; i < live.outputs.size(); i++) {
      SortedMap<Integer, Integer> got = live.graph.view().all(live.outputs.get(i));
      assertThat(got)
          .as("%s after event %d, seed %d", live.outputs.get(i), event, seed)
          .isEqualTo(fresh.graph.view().all(fresh.outputs.get(i)))
          .isEqualTo(plain.get(i));
    }
  }

  private static List<SortedMap<Integer, Integer>> plainly(
      Map<Integer, Integer> a, Map<Integer, Integer> b) {
    SortedMap<Integer, Integer> chased = new TreeMap<>();
    SortedMap<Integer, SortedMap<Integer, Integer>> groups = new TreeMap<>();
    a.forEach(
        (key, value) -> {
          if (value % 7 != 6) {
            chased.put(key, value + b.getOrDefault(value % KEYS, -1));
          }
          groups.computeIfAbsent(value % 5, r -> new TreeMap<>()).put(key, value);
          groups.computeIfAbsent(value % 3, r -> new TreeMap<>()).put(key, value);
        });
    SortedMap<Integer, Integer> spread = new TreeMap<>();
    chased.forEach(
        (key, value) -> {
          for (int i = 0; i < Math.floorMod(value, 4); i++) {
            spread.putIfAbsent(Math.floorMod(value + i, 11), value / 2);
          }
        });
    SortedMap<Integer, Integer> sums = new TreeMap<>();
    groups.forEach(
        (rest, group) -> sums.put(rest, group.values().stream().mapToInt(v -> v).sum() / 3));
    SortedMap<Integer, Integer> merged = new TreeMap<>(b);
    merged.putAll(spread);
    SortedMap<Integer, Integer> total = new TreeMap<>();
    sums.forEach(
        (key, sum) ->
            total.put(
                key,
                sum
                    + spread.size()
                    + groups.getOrDefault(key + 1, new TreeMap<>()).size()
                    + merged.getOrDefault(key, 0)));
    return List.of(chased, spread, sums, merged, total);
  }
}
