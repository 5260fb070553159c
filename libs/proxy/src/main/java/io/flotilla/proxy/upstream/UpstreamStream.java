// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.upstream;

import io.netty.channel.Channel;

/**
 * One exchange with an upstream, whatever its HTTP version: it takes HttpRequest and HttpContent,
 * and gives HttpResponse and HttpContent to the {@link Listener}.
 */
public interface UpstreamStream {
  /** The connection: under HTTP/1 this exchange has it alone. */
  Channel connection();

  boolean http2();

  /** Whether the connection served another exchange before. */
  boolean reused();

  Host host();

  /** Writes a head or a part of a body; taken over. */
  void write(Object part);

  /** Sends what was written. */
  void flush();

  /** Whether it takes more. */
  boolean isWritable();

  /** There is room for more of the answer. */
  void read();

  /**
   * Makes a tunnel of the exchange, after the upstream agreed to it.
   *
   * @return what its bytes are read from and written to: under HTTP/1 the connection as it is
   */
  Channel tunnel();

  /** The exchange is over; the connection may serve the next, if {@code reusable}. */
  void release(boolean reusable);

  /** Told what comes back. */
  interface Listener {
    /** An HttpResponse, HttpContent or LastHttpContent; the listener releases it. */
    void received(Object message);

    /** A read ended. */
    void readComplete();

    /** It takes more, or no more for now. */
    void writabilityChanged(boolean writable);

    /**
     * The stream ended before its answer was whole.
     *
     * @param refused the upstream did not work on the request
     */
    void broken(boolean refused);
  }
}
