// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.api;

/**
 * Where finished spans go. An offer never blocks and never throws, so that the data path can call
 * it: what a full sink cannot take is dropped and counted.
 */
public interface SpanSink extends AutoCloseable {

  /**
   * Hands over one span.
   *
   * @return false: dropped, since the sink is full or closed
   */
  boolean offer(Span span);

  /**
   * How many spans were lost since the sink was made: refused by {@link #offer} or undeliverable.
   */
  long dropped();

  /** Delivers what is still held, within a deadline of the sink's own, then releases resources. */
  @Override
  void close();

  /** A sink that takes and forgets every span; for proxies that trace nothing. */
  static SpanSink none() {
    return new SpanSink() {
      @Override
      public boolean offer(Span span) {
        return true;
      }

      @Override
      public long dropped() {
        return 0;
      }

      @Override
      public void close() {}
    };
  }
}
