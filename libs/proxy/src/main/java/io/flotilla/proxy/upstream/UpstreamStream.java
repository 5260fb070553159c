// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.upstream;

import io.netty.channel.Channel;

/**
 * One exchange with an upstream, whatever its HTTP version: the channel takes HttpRequest and
 * HttpContent and gives HttpResponse and HttpContent to the {@link Listener}.
 *
 * @param channel the connection (HTTP/1) or a stream of it (HTTP/2)
 * @param connection the connection
 * @param http2 which of the two
 * @param reused whether the connection served another exchange before
 */
public record UpstreamStream(
    Channel channel,
    Channel connection,
    boolean http2,
    boolean reused,
    Host host,
    UpstreamPool pool) {

  /** Told what comes back. */
  public interface Listener {
    /** An HttpResponse, HttpContent or LastHttpContent; the listener releases it. */
    void received(Object message);

    /** A read ended. */
    void readComplete();

    /** The channel takes more, or no more for now. */
    void writabilityChanged(boolean writable);

    /**
     * The stream ended before its answer was whole.
     *
     * @param refused the upstream did not work on the request
     */
    void broken(boolean refused);
  }

  /** The exchange is over; the connection may serve the next, if {@code reusable}. */
  public void release(boolean reusable) {
    pool.release(this, reusable);
  }
}
