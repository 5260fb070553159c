// SPDX-License-Identifier: Apache-2.0
package io.flotilla.graph;

import org.pcollections.TreePMap;
import org.pcollections.TreePSet;

/**
 * All that the graph knows of one collection; persistent, so that views and forks share it.
 *
 * @param readers who read a key, present or not
 * @param readersOfAll who read the whole collection
 */
record NodeState<K extends Comparable<? super K>, V>(
    TreePMap<K, Entry<V>> entries,
    TreePMap<K, TreePSet<Task.Ref>> readers,
    TreePSet<Task.Ref> readersOfAll) {

  static <K extends Comparable<? super K>, V> NodeState<K, V> empty() {
    return new NodeState<K, V>(
        TreePMap.<K, Entry<V>>empty(),
        TreePMap.<K, TreePSet<Task.Ref>>empty(),
        TreePSet.<Task.Ref>empty());
  }

  NodeState<K, V> withEntries(TreePMap<K, Entry<V>> newEntries) {
    return new NodeState<>(newEntries, readers, readersOfAll);
  }

  NodeState<K, V> withReader(K key, Task.Ref reader) {
    TreePSet<Task.Ref> set = readers.get(key);
    TreePSet<Task.Ref> more = (set == null ? TreePSet.<Task.Ref>empty() : set).plus(reader);
    return new NodeState<>(entries, readers.plus(key, more), readersOfAll);
  }

  NodeState<K, V> withoutReader(K key, Task.Ref reader) {
    TreePSet<Task.Ref> set = readers.get(key);
    if (set == null) {
      return this;
    }
    TreePSet<Task.Ref> fewer = set.minus(reader);
    return new NodeState<>(
        entries, fewer.isEmpty() ? readers.minus(key) : readers.plus(key, fewer), readersOfAll);
  }

  NodeState<K, V> withReaderOfAll(Task.Ref reader, boolean present) {
    return new NodeState<>(
        entries, readers, present ? readersOfAll.plus(reader) : readersOfAll.minus(reader));
  }
}
