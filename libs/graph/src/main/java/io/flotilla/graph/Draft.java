// SPDX-License-Identifier: Apache-2.0
package io.flotilla.graph;

import java.util.Arrays;
import java.util.Collections;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;
import org.pcollections.TreePMap;

/** A transaction under way: the next view's states, and who must run again. */
final class Draft implements Transaction {
  private final View base;
  private final Revision revision;
  private final NodeState<?, ?>[] states;
  private final @Nullable Object[] books;
  private final Map<Integer, SortedSet<Object>> dirty = new HashMap<>();
  private final Map<Integer, Map<Object, @Nullable Object>> pending = new HashMap<>();
  private final Map<Integer, SortedMap<Object, Change<Object>>> changes = new HashMap<>();

  Draft(View base) {
    this.base = base;
    this.revision = base.revision().next();
    this.states = base.states().clone();
    this.books = base.allBooks().clone();
  }

  @Override
  public <K extends Comparable<? super K>, V> void set(Source<K, V> source, K key, V value) {
    pending.computeIfAbsent(source.ordinal(), o -> new LinkedHashMap<>()).put(key, value);
  }

  @Override
  public <K extends Comparable<? super K>, V> void remove(Source<K, V> source, K key) {
    pending.computeIfAbsent(source.ordinal(), o -> new LinkedHashMap<>()).put(key, null);
  }

  @Override
  public <K extends Comparable<? super K>, V> void replace(Source<K, V> source, Map<K, V> entries) {
    Map<Object, @Nullable Object> wanted =
        pending.computeIfAbsent(source.ordinal(), o -> new LinkedHashMap<>());
    wanted.replaceAll((key, value) -> null);
    base.keys(source).forEach(key -> wanted.put(key, null));
    wanted.putAll(entries);
  }

  @SuppressWarnings("unchecked")
  <K extends Comparable<? super K>, V> Map<K, V> pendingOf(Source<K, V> source) {
    Map<?, ?> wanted = pending.getOrDefault(source.ordinal(), Map.of());
    return (Map<K, V>) wanted;
  }

  @SuppressWarnings("unchecked")
  <K extends Comparable<? super K>, V> NodeState<K, V> state(Collection<K, V> collection) {
    return (NodeState<K, V>) states[collection.ordinal()];
  }

  @Nullable Object books(Collection<?, ?> collection) {
    return books[collection.ordinal()];
  }

  void setBooks(Collection<?, ?> collection, Object newBooks) {
    books[collection.ordinal()] = newBooks;
  }

  SortedSet<Object> dirtyOf(Collection<?, ?> collection) {
    return dirty.getOrDefault(collection.ordinal(), new TreeSet<>());
  }

  @SuppressWarnings("unchecked")
  <K extends Comparable<? super K>, V> SortedMap<K, Change<V>> changesOf(
      Collection<K, V> collection) {
    SortedMap<?, ?> known = changes.get(collection.ordinal());
    return known == null ? Collections.emptySortedMap() : (SortedMap<K, Change<V>>) known;
  }

  /** Sets or (null) removes an entry; an equal value is no change and wakes nobody. */
  <K extends Comparable<? super K>, V> void put(
      Collection<K, V> collection, K key, @Nullable V value) {
    NodeState<K, V> state = state(collection);
    Entry<V> old = state.entries().get(key);
    V before = old == null ? null : old.value();
    if (before == value || (before != null && before.equals(value))) {
      return;
    }
    TreePMap<K, Entry<V>> entries =
        value == null
            ? state.entries().minus(key)
            : state.entries().plus(key, restored(collection, key, value));
    states[collection.ordinal()] = state.withEntries(entries);
    note(collection, key, before, value);
    wake(state.readers().get(key));
    wake(state.readersOfAll());
  }

  /** A value that only came back to what it was before this transaction keeps its revision. */
  private <K extends Comparable<? super K>, V> Entry<V> restored(
      Collection<K, V> collection, K key, V value) {
    return base.entry(collection, key)
        .filter(entry -> entry.value().equals(value))
        .orElseGet(() -> new Entry<>(value, revision));
  }

  @SuppressWarnings("unchecked")
  private void note(
      Collection<?, ?> collection, Object key, @Nullable Object before, @Nullable Object after) {
    SortedMap<Object, Change<Object>> of =
        changes.computeIfAbsent(collection.ordinal(), o -> new TreeMap<>());
    Change<Object> earlier = of.get(key);
    Object first = earlier == null ? before : earlier.before();
    if (first == after || (first != null && first.equals(after))) {
      of.remove(key);
    } else {
      of.put(key, new Change<>(first, after));
    }
  }

  private void wake(@Nullable Set<Task.Ref> readers) {
    if (readers != null) {
      for (Task.Ref reader : readers) {
        dirty.computeIfAbsent(reader.ordinal(), o -> new TreeSet<>()).add(reader.key());
      }
    }
  }

  /** Moves a task from the readers it had to those it has now. */
  void register(Task.Ref task, Set<Task.Read> before, Set<Task.Read> after) {
    for (Task.Read gone : before) {
      if (!after.contains(gone)) {
        enter(gone.collection(), gone.key(), task, false);
      }
    }
    for (Task.Read made : after) {
      if (!before.contains(made)) {
        enter(made.collection(), made.key(), task, true);
      }
    }
  }

  @SuppressWarnings("unchecked")
  private <K extends Comparable<? super K>, V> void enter(
      Collection<K, V> collection, @Nullable Object key, Task.Ref task, boolean present) {
    NodeState<K, V> state = state(collection);
    if (key == null) {
      state = state.withReaderOfAll(task, present);
    } else {
      state = present ? state.withReader((K) key, task) : state.withoutReader((K) key, task);
    }
    states[collection.ordinal()] = state;
  }

  boolean isEmpty() {
    return changes.values().stream().allMatch(Map::isEmpty);
  }

  View settled() {
    return new View(base.definition(), revision, states, Arrays.copyOf(books, books.length));
  }
}
