// SPDX-License-Identifier: Apache-2.0
package io.flotilla.graph;

import java.util.Collections;
import java.util.LinkedHashSet;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Reads from a draft and remembers what was read. */
final class TrackedReads implements Reads {
  private final Draft draft;
  private final Collection<?, ?> reader;
  private final Set<Task.Read> seen = new LinkedHashSet<>();

  TrackedReads(Draft draft, Collection<?, ?> reader) {
    this.draft = draft;
    this.reader = reader;
  }

  @Override
  public <K extends Comparable<? super K>, V> Optional<V> get(Collection<K, V> collection, K key) {
    track(collection, key);
    Entry<V> entry = draft.state(collection).entries().get(key);
    return entry == null ? Optional.empty() : Optional.of(entry.value());
  }

  @Override
  public <X extends Comparable<? super X>, K extends Comparable<? super K>, V>
      SortedMap<K, V> lookup(Index<X, K, V> index, X value) {
    return get(index, value).orElse(Collections.emptySortedMap());
  }

  @Override
  public <K extends Comparable<? super K>, V> SortedMap<K, V> all(Collection<K, V> collection) {
    track(collection, null);
    SortedMap<K, V> out = new TreeMap<>();
    draft.state(collection).entries().forEach((key, entry) -> out.put(key, entry.value()));
    return out;
  }

  private void track(Collection<?, ?> collection, @Nullable Object key) {
    if (collection.ordinal() >= reader.ordinal()) {
      throw new IllegalStateException(
          "collection '"
              + reader.name()
              + "' reads '"
              + collection.name()
              + "', which is described after it; describe what is read first");
    }
    seen.add(new Task.Read(collection, key));
  }

  Set<Task.Read> seen() {
    return seen;
  }
}
