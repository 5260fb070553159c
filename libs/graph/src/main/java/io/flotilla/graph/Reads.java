// SPDX-License-Identifier: Apache-2.0
package io.flotilla.graph;

import java.util.Optional;
import java.util.SortedMap;

/**
 * How a function of the graph reads further collections. Every read is remembered, what was absent
 * included, and the function runs again when the answer would be another. Only collections that
 * were described before the function's own may be read.
 */
public interface Reads {

  /** The value under {@code key}; an index is read by its index value. */
  <K extends Comparable<? super K>, V> Optional<V> get(Collection<K, V> collection, K key);

  /** The entries under an index value, in key order; empty when there are none. */
  <X extends Comparable<? super X>, K extends Comparable<? super K>, V> SortedMap<K, V> lookup(
      Index<X, K, V> index, X value);

  /** All entries, in key order. */
  <K extends Comparable<? super K>, V> SortedMap<K, V> all(Collection<K, V> collection);
}
