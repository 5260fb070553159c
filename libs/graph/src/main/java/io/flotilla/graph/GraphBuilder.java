// SPDX-License-Identifier: Apache-2.0
package io.flotilla.graph;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.BiFunction;

/**
 * Describes a graph from top to bottom: a collection may use those described before it. Functions
 * must be pure: their result depends on their arguments and on what they read through {@link Reads}
 * alone.
 */
public final class GraphBuilder {
  private final List<Collection<?, ?>> collections = new ArrayList<>();

  /** A collection that transactions change. */
  public <K extends Comparable<? super K>, V> Source<K, V> source(String name) {
    return add(new Source<>(name, collections.size()));
  }

  /** One value or none for each entry, under the same key. */
  public <K extends Comparable<? super K>, V, O> Collection<K, O> map(
      String name, Collection<K, V> input, MapFunction<K, V, O> function) {
    return add(
        new Derived<K, V, K, O>(
            name,
            collections.size(),
            input,
            (reads, key, value) ->
                function.apply(reads, key, value).map(o -> Map.of(key, o)).orElse(Map.of())));
  }

  /** Any number of entries for each; the least input key wins where two make the same key. */
  public <K extends Comparable<? super K>, V, OK extends Comparable<? super OK>, OV>
      Collection<OK, OV> flatMap(
          String name, Collection<K, V> input, FlatMapFunction<K, V, OK, OV> function) {
    return add(new Derived<K, V, OK, OV>(name, collections.size(), input, function::apply));
  }

  /** The entries by a value, or by several, computed from each. */
  public <X extends Comparable<? super X>, K extends Comparable<? super K>, V> Index<X, K, V> index(
      String name, Collection<K, V> of, BiFunction<K, V, ? extends Iterable<X>> values) {
    return add(new Index<X, K, V>(name, collections.size(), of, values));
  }

  /** All parts as one collection; the first that has a key gives the value. */
  public <K extends Comparable<? super K>, V> Collection<K, V> merge(
      String name, List<Collection<K, V>> parts) {
    return add(new Merged<>(name, collections.size(), parts));
  }

  /** A graph of what was described so far, empty. */
  public Graph build() {
    return new Graph(List.copyOf(collections));
  }

  private <C extends Collection<?, ?>> C add(C collection) {
    collections.add(collection);
    return collection;
  }

  /** A function to at most one value. */
  @FunctionalInterface
  public interface MapFunction<K, V, O> {
    Optional<O> apply(Reads reads, K key, V value);
  }

  /** A function to any number of entries. */
  @FunctionalInterface
  public interface FlatMapFunction<K, V, OK, OV> {
    Map<OK, OV> apply(Reads reads, K key, V value);
  }
}
