// SPDX-License-Identifier: Apache-2.0
package io.flotilla.graph;

import java.util.HashSet;
import java.util.Set;
import java.util.SortedMap;
import java.util.function.BiFunction;
import org.jspecify.annotations.Nullable;
import org.pcollections.TreePMap;

/**
 * A collection's entries by a value computed from each. It is a collection itself, so that a
 * function may be applied to each group.
 */
public final class Index<X extends Comparable<? super X>, K extends Comparable<? super K>, V>
    extends Collection<X, SortedMap<K, V>> {
  private final Collection<K, V> of;
  private final BiFunction<K, V, ? extends Iterable<X>> values;

  Index(
      String name,
      int ordinal,
      Collection<K, V> of,
      BiFunction<K, V, ? extends Iterable<X>> values) {
    super(name, ordinal);
    this.of = of;
    this.values = values;
  }

  @Override
  void settle(Draft draft) {
    draft
        .changesOf(of)
        .forEach(
            (key, change) -> {
              Set<X> before = valuesOf(key, change.before());
              Set<X> after = valuesOf(key, change.after());
              for (X gone : before) {
                if (!after.contains(gone)) {
                  TreePMap<K, V> rest = group(draft, gone).minus(key);
                  draft.put(this, gone, rest.isEmpty() ? null : rest);
                }
              }
              V value = change.after();
              if (value != null) {
                for (X here : after) {
                  draft.put(this, here, group(draft, here).plus(key, value));
                }
              }
            });
  }

  private TreePMap<K, V> group(Draft draft, X value) {
    Entry<SortedMap<K, V>> entry = draft.state(this).entries().get(value);
    return entry == null ? emptyMap() : (TreePMap<K, V>) entry.value();
  }

  private Set<X> valuesOf(K key, @Nullable V value) {
    Set<X> out = new HashSet<>();
    if (value != null) {
      values.apply(key, value).forEach(out::add);
    }
    return out;
  }

  @Override
  void trace(View view, X key, Tracer tracer) {
    view.get(this, key)
        .ifPresent(group -> group.keySet().forEach(member -> tracer.entry(of, member)));
  }
}
