// SPDX-License-Identifier: Apache-2.0
package io.flotilla.graph;

import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;
import java.util.SortedSet;
import org.jspecify.annotations.Nullable;
import org.pcollections.TreePMap;

/**
 * What a pure function makes of each entry of another collection. When several inputs make the same
 * key, the one with the least input key wins.
 */
final class Derived<IK extends Comparable<? super IK>, IV, OK extends Comparable<? super OK>, OV>
    extends Collection<OK, OV> {
  private final Collection<IK, IV> input;
  private final Function<IK, IV, OK, OV> function;

  /** From one input entry to the entries it makes. */
  @FunctionalInterface
  interface Function<IK, IV, OK, OV> {
    Map<OK, OV> apply(Reads reads, IK key, IV value);
  }

  /**
   * The books of a derived collection beyond its entries.
   *
   * @param producers what each input makes of a key
   */
  record Books<IK extends Comparable<? super IK>, OK extends Comparable<? super OK>, OV>(
      TreePMap<IK, Task<OK, OV>> tasks, TreePMap<OK, TreePMap<IK, OV>> producers) {}

  Derived(String name, int ordinal, Collection<IK, IV> input, Function<IK, IV, OK, OV> function) {
    super(name, ordinal);
    this.input = input;
    this.function = function;
  }

  @Override
  void settle(Draft draft) {
    SortedSet<IK> dirty = typed(draft.dirtyOf(this));
    dirty.addAll(draft.changesOf(input).keySet());
    for (IK key : dirty) {
      Entry<IV> entry = draft.state(input).entries().get(key);
      run(draft, key, entry == null ? null : entry.value());
    }
  }

  private void run(Draft draft, IK key, @Nullable IV value) {
    Books<IK, OK, OV> books = books(draft);
    Task<OK, OV> old = books.tasks().get(key);
    Task<OK, OV> task = value == null ? null : evaluate(draft, key, value, old);
    draft.register(
        new Task.Ref(ordinal(), key),
        old == null ? Set.of() : old.reads(),
        task == null ? Set.of() : task.reads());

    Map<OK, OV> before = old == null ? Map.of() : old.outputs();
    Map<OK, OV> after = task == null ? Map.of() : task.outputs();
    TreePMap<OK, TreePMap<IK, OV>> producers = books.producers();
    Set<OK> touched = new LinkedHashSet<>(before.keySet());
    touched.addAll(after.keySet());
    for (OK made : touched) {
      TreePMap<IK, OV> by = producers.getOrDefault(made, emptyMap());
      OV output = after.get(made);
      by = output == null ? by.minus(key) : by.plus(key, output);
      producers = by.isEmpty() ? producers.minus(made) : producers.plus(made, by);
      draft.put(this, made, by.isEmpty() ? null : by.get(by.firstKey()));
    }
    TreePMap<IK, Task<OK, OV>> tasks =
        task == null ? books.tasks().minus(key) : books.tasks().plus(key, task);
    draft.setBooks(this, new Books<>(tasks, producers));
  }

  private Task<OK, OV> evaluate(Draft draft, IK key, IV value, @Nullable Task<OK, OV> old) {
    TrackedReads reads = new TrackedReads(draft, this);
    try {
      Map<OK, OV> made = new LinkedHashMap<>(function.apply(reads, key, value));
      return new Task<>(reads.seen(), made, null);
    } catch (RuntimeException e) {
      String reason = e.getMessage() == null ? e.getClass().getName() : e.getMessage();
      return new Task<>(reads.seen(), old == null ? Map.of() : old.outputs(), reason);
    }
  }

  @SuppressWarnings("unchecked")
  private Books<IK, OK, OV> books(Draft draft) {
    Object books = draft.books(this);
    return books == null
        ? new Books<IK, OK, OV>(
            TreePMap.<IK, Task<OK, OV>>empty(), TreePMap.<OK, TreePMap<IK, OV>>empty())
        : (Books<IK, OK, OV>) books;
  }

  @Override
  @SuppressWarnings("unchecked")
  void trace(View view, OK key, Tracer tracer) {
    Books<IK, OK, OV> books = (Books<IK, OK, OV>) view.books(this);
    TreePMap<IK, OV> by = books == null ? null : books.producers().get(key);
    if (books == null || by == null) {
      return;
    }
    IK producer = by.firstKey();
    tracer.entry(input, producer);
    Task<OK, OV> task = books.tasks().get(producer);
    if (task != null) {
      task.reads().forEach(tracer::read);
    }
  }

  @SuppressWarnings("unchecked")
  void failures(View view, java.util.List<Failure> out) {
    Books<IK, OK, OV> books = (Books<IK, OK, OV>) view.books(this);
    if (books != null) {
      books
          .tasks()
          .forEach(
              (key, task) -> {
                if (task.failure() != null) {
                  out.add(new Failure(name(), key, task.failure()));
                }
              });
    }
  }
}
