// SPDX-License-Identifier: Apache-2.0
package io.flotilla.graph;

import java.util.Collections;
import java.util.SortedMap;

/** A listener at its collection, until closed. */
public final class Subscription<K extends Comparable<? super K>, V> implements AutoCloseable {
  private final Graph graph;
  private final Collection<K, V> collection;
  private final Listener<K, V> listener;

  Subscription(Graph graph, Collection<K, V> collection, Listener<K, V> listener) {
    this.graph = graph;
    this.collection = collection;
    this.listener = listener;
  }

  void tell(Draft draft, View view) {
    SortedMap<K, Change<V>> changes = draft.changesOf(collection);
    if (!changes.isEmpty()) {
      listener.changed(new Changes<>(view, Collections.unmodifiableSortedMap(changes)));
    }
  }

  @Override
  public void close() {
    graph.drop(this);
  }
}
