// SPDX-License-Identifier: Apache-2.0
package io.flotilla.graph;

import java.util.SortedSet;
import org.pcollections.TreePMap;

/**
 * A named place in the graph: what it holds is asked of a {@link View}, or within a function of the
 * graph through {@link Reads}. Keys order the collection; values are immutable and compared by
 * {@code equals}, which is where the propagation of changes stops.
 */
public abstract sealed class Collection<K extends Comparable<? super K>, V>
    permits Source, Index, Derived, Merged {
  private final String name;
  private final int ordinal;

  Collection(String name, int ordinal) {
    this.name = name;
    this.ordinal = ordinal;
  }

  /** For provenance and failures. */
  public final String name() {
    return name;
  }

  /** The place in the order of evaluation: after everything that is read here. */
  final int ordinal() {
    return ordinal;
  }

  /** Brings this collection up to date with what the draft says of those before it. */
  abstract void settle(Draft draft);

  /** Adds where the entry under {@code key} came from. */
  abstract void trace(View view, K key, Tracer tracer);

  NodeState<K, V> empty() {
    return NodeState.empty();
  }

  /** A task's key as it came back from the untyped books of the draft. */
  @SuppressWarnings("unchecked")
  static <T> SortedSet<T> typed(SortedSet<Object> keys) {
    return (SortedSet<T>) keys;
  }

  static <K extends Comparable<? super K>, V> TreePMap<K, V> emptyMap() {
    return TreePMap.empty();
  }

  @Override
  public final String toString() {
    return name;
  }
}
