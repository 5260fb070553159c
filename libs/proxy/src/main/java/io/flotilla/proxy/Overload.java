// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;

/**
 * How much a process takes on at a time. What is above is refused at once, a connection by closing
 * it and a request with 503 and the flag OM (as Envoy's overload manager does), since a proxy that
 * runs out of memory serves nobody. Engines of one process share it.
 */
public final class Overload {
  // Measured with a heap of 64 MiB: a connection with TLS on it holds up to 40 KiB, a request with
  // the connection to its upstream as much again.
  private static final long BYTES_A_CONNECTION = 64 * 1024;
  private static final long BYTES_A_REQUEST = 96 * 1024;
  private static final Overload PROCESS =
      new Overload(
          (int) Math.min(Integer.MAX_VALUE, Runtime.getRuntime().maxMemory() / BYTES_A_CONNECTION),
          (int) Math.min(Integer.MAX_VALUE, Runtime.getRuntime().maxMemory() / BYTES_A_REQUEST));

  private final Bound connections;
  private final Bound requests;

  /**
   * Both bounds.
   *
   * @param connections from clients, all listeners together
   * @param requests that are not answered yet
   */
  public Overload(int connections, int requests) {
    this.connections = new Bound(connections);
    this.requests = new Bound(requests);
  }

  /** What this process's heap has room for. */
  public static Overload ofProcess() {
    return PROCESS;
  }

  /** Connections from clients. */
  public Bound connections() {
    return connections;
  }

  /** Requests under way. */
  public Bound requests() {
    return requests;
  }

  /** A number of places. */
  public static final class Bound {
    private final int limit;
    private final AtomicInteger taken = new AtomicInteger();
    private final AtomicLong refused = new AtomicLong();

    private Bound(int limit) {
      this.limit = limit;
    }

    /** Takes a place; false, and counted, if there is none. Whoever got one gives it back. */
    public boolean take() {
      if (taken.incrementAndGet() > limit) {
        taken.decrementAndGet();
        refused.incrementAndGet();
        return false;
      }
      return true;
    }

    /** Gives a place back. */
    public void leave() {
      taken.decrementAndGet();
    }

    /** How many there are. */
    public int limit() {
      return limit;
    }

    /** How many are taken now. */
    public int taken() {
      return taken.get();
    }

    /** How often there was none. */
    public long refused() {
      return refused.get();
    }
  }
}
