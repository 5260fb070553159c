// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.http;

import io.flotilla.proxy.tcp.Splice;
import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelOption;
import io.netty.channel.ChannelPipeline;
import java.util.Queue;

/**
 * Turns a client's HTTP/1 connection and an upstream's into one byte stream, after "101 Switching
 * Protocols".
 */
final class Upgrade {
  private Upgrade() {}

  /**
   * Joins the two.
   *
   * @param early what the client sent before; taken from the queue
   * @param ended runs once, when both sides are gone
   */
  static void splice(Channel client, Channel upstream, Queue<ByteBuf> early, Runnable ended) {
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
    client.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
    upstream.config().setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
    // The splices come first, so that bytes which a codec still holds reach them when it goes.
    client.pipeline().addLast("splice", inward);
    upstream.pipeline().addLast("splice", outward);
    remove(client.pipeline(), "clock");
    remove(client.pipeline(), "exchanges");
    removeHttp(upstream.pipeline());
    for (ByteBuf bytes = early.poll(); bytes != null; bytes = early.poll()) {
      upstream.write(bytes);
    }
    upstream.flush();
    remove(client.pipeline(), "codec");
    client.read();
    upstream.read();
  }

  /** Takes HTTP off an upstream's connection. */
  static void removeHttp(ChannelPipeline pipeline) {
    remove(pipeline, "upstream");
    remove(pipeline, "codec");
  }

  private static void remove(ChannelPipeline pipeline, String name) {
    if (pipeline.get(name) != null) {
      pipeline.remove(name);
    }
  }
}
