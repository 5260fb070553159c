// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.handler.codec.http.HttpObject;
import java.util.Queue;

/** What an exchange sees of its client: a connection of HTTP/1, or a stream of HTTP/2. */
interface ClientSide {
  /** Writes a head or a part of a body; taken over. */
  void write(HttpObject part);

  /**
   * Writes what ends an answer, and sends it; taken over. The client is cut off if it cannot be.
   */
  void writeLast(HttpObject last);

  /** Sends what was written. */
  void flush();

  /** Whether it takes more. */
  boolean isWritable();

  /** There is room for more of the request. */
  void read();

  /** Cuts the client off, so that it cannot take the answer for a whole one. */
  void close();

  /**
   * Makes one byte stream of the client and an upstream's HTTP/1 or TCP connection.
   *
   * @param early what the client sent before; taken from the queue
   * @param clientEnded whether that was all
   * @param ended runs once, when both sides are gone
   */
  void splice(Channel upstream, Queue<ByteBuf> early, boolean clientEnded, Runnable ended);
}
