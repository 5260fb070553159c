// SPDX-License-Identifier: Apache-2.0
package io.flotilla.graph;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.ReentrantLock;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The live collections. One transaction runs at a time; views are read by any thread without
 * waiting.
 */
public final class Graph {
  private final ReentrantLock writer = new ReentrantLock();
  private final List<Subscription<?, ?>> subscriptions = new CopyOnWriteArrayList<>();
  private volatile View view;

  Graph(List<Collection<?, ?>> definition) {
    NodeState<?, ?>[] states = new NodeState<?, ?>[definition.size()];
    for (Collection<?, ?> collection : definition) {
      states[collection.ordinal()] = collection.empty();
    }
    this.view = new View(definition, Revision.ZERO, states, new @Nullable Object[states.length]);
  }

  private Graph(View view) {
    this.view = view;
  }

  /** The newest settled state. */
  public View view() {
    return view;
  }

  /**
   * Changes sources, settles everything derived from them, then tells the listeners.
   *
   * @return the state after it; the same as before when nothing changed
   * @throws IllegalStateException when called by a listener
   */
  public View transact(Consumer<Transaction> changes) {
    if (writer.isHeldByCurrentThread()) {
      throw new IllegalStateException(
          "a listener or a transaction must not start a transaction of the same graph");
    }
    writer.lock();
    try {
      Draft draft = new Draft(view);
      changes.accept(draft);
      for (Collection<?, ?> collection : view.definition()) {
        collection.settle(draft);
      }
      if (draft.isEmpty()) {
        return view;
      }
      View settled = draft.settled();
      view = settled;
      tell(draft, settled);
      return settled;
    } finally {
      writer.unlock();
    }
  }

  /** Every listener hears of it, even when one before it throws. */
  private void tell(Draft draft, View settled) {
    RuntimeException thrown = null;
    for (Subscription<?, ?> subscription : subscriptions) {
      try {
        subscription.tell(draft, settled);
      } catch (RuntimeException e) {
        if (thrown == null) {
          thrown = e;
        } else {
          thrown.addSuppressed(e);
        }
      }
    }
    if (thrown != null) {
      throw thrown;
    }
  }

  /** Tells {@code listener} of every change from now on, until closed. */
  public <K extends Comparable<? super K>, V> Subscription<K, V> listen(
      Collection<K, V> collection, Listener<K, V> listener) {
    Subscription<K, V> subscription = new Subscription<>(this, collection, listener);
    subscriptions.add(subscription);
    return subscription;
  }

  /** A graph that begins with this one's state and goes its own way, without listeners. */
  public Graph fork() {
    return new Graph(view);
  }

  void drop(Subscription<?, ?> subscription) {
    subscriptions.remove(subscription);
  }
}
