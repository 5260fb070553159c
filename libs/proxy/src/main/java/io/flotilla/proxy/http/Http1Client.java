// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.http;

import io.netty.buffer.ByteBuf;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.handler.codec.http.HttpObject;
import java.util.Queue;

/** A client's connection of HTTP/1. */
record Http1Client(Channel channel) implements ClientSide {
  @Override
  public void write(HttpObject part) {
    channel.write(part);
  }

  @Override
  public void writeLast(HttpObject last) {
    channel.writeAndFlush(last).addListener(ChannelFutureListener.CLOSE_ON_FAILURE);
  }

  @Override
  public void flush() {
    channel.flush();
  }

  @Override
  public boolean isWritable() {
    return channel.isWritable();
  }

  @Override
  public void read() {
    channel.read();
  }

  @Override
  public void close() {
    channel.close();
  }

  @Override
  public void splice(Channel upstream, Queue<ByteBuf> early, boolean clientEnded, Runnable ended) {
    Upgrade.splice(channel, upstream, early, ended);
  }
}
