// SPDX-License-Identifier: Apache-2.0
package io.flotilla.console.peer;

import java.time.Duration;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Something that is asked when somebody wants to know and the last answer is no longer fresh;
 * however many want to know at once, it is asked once.
 */
public final class Polled<T> {
  private final Supplier<T> ask;
  private final long freshNanos;
  private final LongSupplier nanoTime;
  private @Nullable T last;
  private long askedAt;

  public Polled(Supplier<T> ask, Duration fresh, LongSupplier nanoTime) {
    this.ask = ask;
    this.freshNanos = fresh.toNanos();
    this.nanoTime = nanoTime;
  }

  /** The last answer if it is fresh, else a new one. Blocks. */
  public synchronized T latest() {
    T known = last;
    if (known == null || nanoTime.getAsLong() - askedAt > freshNanos) {
      known = ask.get();
      last = known;
      askedAt = nanoTime.getAsLong();
    }
    return known;
  }
}
