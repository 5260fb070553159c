// SPDX-License-Identifier: Apache-2.0
package io.flotilla.graph;

import java.util.ArrayDeque;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.Set;

/** Walks from an entry back to the sources. */
final class Tracer {
  private final View view;
  private final Set<Provenance.Origin> origins = new LinkedHashSet<>();
  private final Set<Task.Read> visited = new HashSet<>();
  private final Deque<Task.Read> open = new ArrayDeque<>();

  Tracer(View view) {
    this.view = view;
  }

  void origin(Provenance.Origin origin) {
    origins.add(origin);
  }

  void entry(Collection<?, ?> collection, Object key) {
    read(new Task.Read(collection, key));
  }

  void read(Task.Read read) {
    if (visited.add(read)) {
      open.add(read);
    }
  }

  Provenance walk() {
    for (Task.Read next = open.poll(); next != null; next = open.poll()) {
      step(next.collection(), next);
    }
    return new Provenance(origins);
  }

  @SuppressWarnings("unchecked")
  private <K extends Comparable<? super K>, V> void step(
      Collection<K, V> collection, Task.Read read) {
    if (read.key() == null) {
      view.keys(collection).forEach(key -> entry(collection, key));
    } else {
      collection.trace(view, (K) read.key(), this);
    }
  }
}
