// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.http;

import io.flotilla.proxy.tcp.Http2Tunnel;
import io.flotilla.proxy.tcp.Splice;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.handler.codec.http2.Http2StreamChannel;
import java.util.Queue;

/**
 * Turns a client's HTTP/1 connection or HTTP/2 stream and an upstream's HTTP/1 connection into one
 * byte stream, after "101 Switching Protocols".
 */
final class Upgrade {
  private Upgrade() {}

  /**
   * Joins the two.
   *
   * @param early what the client sent before; taken from the queue
   * @param clientEnded whether that was all
   * @param ended runs once, when both sides are gone
   */
  static void splice(
      Channel client, Channel upstream, Queue<ByteBuf> early, boolean clientEnded, Runnable ended) {
    int[] open = {2};
    Runnable one =
        () -> {
          if (--open[0] == 0) {
            ended.run();
          }
        };
    Splice inward = new Splice(one);
    Splice outward = new Splice(one);
    inward.peer(upstream);
    outward.peer(client);
    if (client instanceof Http2StreamChannel) {
      client.pipeline().addFirst("tunnel", new Http2Tunnel());
    } else {
      client.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
    }
    upstream.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
    // The splices come first, so that bytes which a codec still holds reach them when it goes.
    client.pipeline().addLast("splice", inward);
    upstream.pipeline().addLast("splice", outward);
    remove(client.pipeline(), "clock");
    remove(client.pipeline(), "exchanges");
    remove(client.pipeline(), "exchange");
    remove(upstream.pipeline(), "upstream");
    remove(upstream.pipeline(), "codec");
    for (ByteBuf bytes = early.poll(); bytes != null; bytes = early.poll()) {
      upstream.write(bytes);
    }
    upstream.flush();
    remove(client.pipeline(), "codec");
    if (clientEnded) {
      client.pipeline().fireUserEventTriggered(ChannelInputShutdownReadComplete.INSTANCE);
    }
    client.read();
    upstream.read();
  }

  private static void remove(ChannelPipeline pipeline, String name) {
    if (pipeline.get(name) != null) {
      pipeline.remove(name);
    }
  }
}
