// SPDX-License-Identifier: Apache-2.0
package io.flotilla.graph;

import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.SortedMap;
import java.util.SortedSet;
import java.util.TreeMap;
import java.util.TreeSet;
import org.jspecify.annotations.Nullable;

/** The whole graph at one revision; immutable. */
public final class View {
  private final List<Collection<?, ?>> definition;
  private final Revision revision;
  private final NodeState<?, ?>[] states;
  private final @Nullable Object[] books;

  View(
      List<Collection<?, ?>> definition,
      Revision revision,
      NodeState<?, ?>[] states,
      @Nullable Object[] books) {
    this.definition = definition;
    this.revision = revision;
    this.states = states;
    this.books = books;
  }

  /** The transaction after which this is the state. */
  public Revision revision() {
    return revision;
  }

  /** The value under {@code key}. */
  public <K extends Comparable<? super K>, V> Optional<V> get(Collection<K, V> collection, K key) {
    return entry(collection, key).map(Entry::value);
  }

  /** The value under {@code key}, and when it changed. */
  @SuppressWarnings("unchecked")
  public <K extends Comparable<? super K>, V> Optional<Entry<V>> entry(
      Collection<K, V> collection, K key) {
    return Optional.ofNullable(((NodeState<K, V>) states[collection.ordinal()]).entries().get(key));
  }

  /** All entries, in key order. */
  @SuppressWarnings("unchecked")
  public <K extends Comparable<? super K>, V> SortedMap<K, V> all(Collection<K, V> collection) {
    SortedMap<K, V> out = new TreeMap<>();
    for (Map.Entry<K, Entry<V>> entry :
        ((NodeState<K, V>) states[collection.ordinal()]).entries().entrySet()) {
      out.put(entry.getKey(), entry.getValue().value());
    }
    return Collections.unmodifiableSortedMap(out);
  }

  /** All keys, in order. */
  @SuppressWarnings("unchecked")
  public <K extends Comparable<? super K>, V> SortedSet<K> keys(Collection<K, V> collection) {
    return new TreeSet<>(((NodeState<K, V>) states[collection.ordinal()]).entries().keySet());
  }

  /** How many entries there are. */
  public int size(Collection<?, ?> collection) {
    return states[collection.ordinal()].entries().size();
  }

  /** Where the entry came from; no origins when there is no such entry. */
  public <K extends Comparable<? super K>, V> Provenance provenance(
      Collection<K, V> collection, K key) {
    Tracer tracer = new Tracer(this);
    tracer.entry(collection, key);
    return tracer.walk();
  }

  /** The functions that threw when they last ran. */
  public List<Failure> failures() {
    List<Failure> out = new ArrayList<>();
    for (Collection<?, ?> collection : definition) {
      if (collection instanceof Derived<?, ?, ?, ?> derived) {
        derived.failures(this, out);
      }
    }
    return List.copyOf(out);
  }

  List<Collection<?, ?>> definition() {
    return definition;
  }

  NodeState<?, ?>[] states() {
    return states;
  }

  @Nullable Object[] allBooks() {
    return books;
  }

  @Nullable Object books(Collection<?, ?> collection) {
    return books[collection.ordinal()];
  }
}
