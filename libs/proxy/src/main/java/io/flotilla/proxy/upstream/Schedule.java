// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.upstream;

import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.concurrent.ThreadLocalRandom;
import java.util.function.ToDoubleFunction;

/**
 * Hosts of unequal weight in turn, each as often as its weight says and as evenly as that lets it:
 * the earliest deadline first, a host's next deadline being nearer the more it weighs. A weight is
 * asked for anew at each turn, so that it may sink with a host's load.
 */
final class Schedule {
  private final PriorityQueue<Entry> queue =
      new PriorityQueue<>(
          Comparator.comparingDouble((Entry e) -> e.deadline).thenComparingInt(e -> e.order));
  private double now;

  private static final class Entry {
    private final Host host;
    private final int order;
    private double deadline;

    Entry(Host host, int order, double deadline) {
      this.host = host;
      this.order = order;
      this.deadline = deadline;
    }
  }

  Schedule(List<Host> hosts, ToDoubleFunction<Host> weight) {
    for (int i = 0; i < hosts.size(); i++) {
      Host host = hosts.get(i);
      queue.add(new Entry(host, i, 1 / weight.applyAsDouble(host)));
    }
    // Many proxies that are told of a change at once should not all begin with the same host.
    for (int i = ThreadLocalRandom.current().nextInt(hosts.size()); i > 0; i--) {
      next(weight);
    }
  }

  Host next(ToDoubleFunction<Host> weight) {
    Entry first = queue.remove();
    now = first.deadline;
    first.deadline = now + 1 / weight.applyAsDouble(first.host);
    queue.add(first);
    return first.host;
  }
}
