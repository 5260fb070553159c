// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy;

import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;

/** Clients that send one request after the other, and what went wrong for them. */
final class Load {
  private final Queue<String> failures = new ConcurrentLinkedQueue<>();
  private final AtomicInteger answered = new AtomicInteger();
  private final List<Thread> threads = new ArrayList<>();
  private volatile int limit = Integer.MAX_VALUE;
  private volatile boolean stopped;

  Load(EngineFixture proxy, int clients) {
    for (int i = 0; i < clients; i++) {
      threads.add(Thread.ofVirtual().start(() -> run(proxy)));
    }
  }

  private void run(EngineFixture proxy) {
    while (!stopped && answered.get() < limit) {
      try {
        int status = proxy.get("/load").statusCode();
        if (status != 200) {
          failures.add("status " + status);
        }
      } catch (Exception e) {
        failures.add(e.toString());
      }
      answered.incrementAndGet();
    }
  }

  Load stopAfter(int requests) {
    limit = requests;
    return this;
  }

  int answered() {
    return answered.get();
  }

  List<String> stop() throws InterruptedException {
    stopped = true;
    for (Thread thread : threads) {
      thread.join();
    }
    return List.copyOf(failures);
  }
}
