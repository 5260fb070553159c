// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.internal;

import io.netty.channel.EventLoop;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;

/**
 * Coarse time-outs: one timer of the event loop looks at all that is registered, four times a
 * second, so that idle and head time-outs cost no timer of their own.
 */
public final class Sweep {
  private static final long PERIOD_MILLIS = 250;

  private final EventLoop loop;
  private final Set<Timed> all = new LinkedHashSet<>();
  private boolean running;

  public Sweep(EventLoop loop) {
    this.loop = loop;
  }

  /** Something that may have waited for too long. */
  public interface Timed {
    /** The time is {@code now}, a {@link System#nanoTime}. */
    void tick(long now);
  }

  /** Looks at it from now on. */
  public void add(Timed timed) {
    all.add(timed);
    if (!running) {
      running = true;
      loop.schedule(this::run, PERIOD_MILLIS, TimeUnit.MILLISECONDS);
    }
  }

  /** No longer. */
  public void remove(Timed timed) {
    all.remove(timed);
  }

  private void run() {
    long now = System.nanoTime();
    for (Timed each : List.copyOf(all)) {
      each.tick(now);
    }
    running = !all.isEmpty();
    if (running) {
      loop.schedule(this::run, PERIOD_MILLIS, TimeUnit.MILLISECONDS);
    }
  }
}
