// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.upstream;

import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.ToDoubleFunction;

/**
 * Hosts, or localities, of unequal weight in turn, each as often as its weight says and as evenly
 * as that lets it: the earliest deadline first, the next deadline being nearer the more it weighs.
 * A weight is asked for anew at each turn, so that it may sink with a host's load.
 */
final class Schedule<T> {
  private final PriorityQueue<Entry<T>> queue =
      new PriorityQueue<>(
          Comparator.comparingDouble((Entry<T> e) -> e.deadline).thenComparingInt(e -> e.order));
  private double now;

  private static final class Entry<T> {
    private final T item;
    private final int order;
    private double deadline;

    Entry(T item, int order, double deadline) {
      this.item = item;
      this.order = order;
      this.deadline = deadline;
    }
  }

  Schedule(List<T> items, ToDoubleFunction<T> weight) {
    for (int i = 0; i < items.size(); i++) {
      T item = items.get(i);
      queue.add(new Entry<>(item, i, 1 / weight.applyAsDouble(item)));
    }
    // Many proxies that are told of a change at once should not all begin with the same host.
    for (int i = ThreadLocalRandom.current().nextInt(items.size()); i > 0; i--) {
      next(weight);
    }
  }

  T next(ToDoubleFunction<T> weight) {
    Entry<T> first = queue.remove();
    now = first.deadline;
    first.deadline = now + 1 / weight.applyAsDouble(first.item);
    queue.add(first);
    return first.item;
  }
}
