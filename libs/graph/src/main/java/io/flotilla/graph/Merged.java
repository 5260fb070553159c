// SPDX-License-Identifier: Apache-2.0
package io.flotilla.graph;

import java.util.List;
import java.util.SortedSet;
import java.util.TreeSet;

/** Several collections as one; the first that has a key gives its value. */
final class Merged<K extends Comparable<? super K>, V> extends Collection<K, V> {
  private final List<Collection<K, V>> parts;

  Merged(String name, int ordinal, List<Collection<K, V>> parts) {
    super(name, ordinal);
    this.parts = List.copyOf(parts);
  }

  @Override
  void settle(Draft draft) {
    SortedSet<K> touched = new TreeSet<>();
    for (Collection<K, V> part : parts) {
      touched.addAll(draft.changesOf(part).keySet());
    }
    for (K key : touched) {
      V value = null;
      for (Collection<K, V> part : parts) {
        Entry<V> entry = draft.state(part).entries().get(key);
        if (entry != null) {
          value = entry.value();
          break;
        }
      }
      draft.put(this, key, value);
    }
  }

  @Override
  void trace(View view, K key, Tracer tracer) {
    for (Collection<K, V> part : parts) {
      if (view.get(part, key).isPresent()) {
        tracer.entry(part, key);
        return;
      }
    }
  }
}
