// SPDX-License-Identifier: Apache-2.0
package io.flotilla.graph;

import java.util.Map;

/** A collection that is changed from outside, by {@link Transaction}s. */
public final class Source<K extends Comparable<? super K>, V> extends Collection<K, V> {
  Source(String name, int ordinal) {
    super(name, ordinal);
  }

  @Override
  void settle(Draft draft) {
    Map<K, V> wanted = draft.pendingOf(this);
    wanted.forEach((key, value) -> draft.put(this, key, value));
  }

  @Override
  void trace(View view, K key, Tracer tracer) {
    view.entry(this, key)
        .ifPresent(entry -> tracer.origin(new Provenance.Origin(name(), key, entry.changed())));
  }
}
