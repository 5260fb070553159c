// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.upstream;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.util.ReferenceCountUtil;
import org.jspecify.annotations.Nullable;

/** Hands what an upstream connection of HTTP/1 gives to the exchange that uses it. */
final class UpstreamHandler extends ChannelInboundHandlerAdapter {
  private UpstreamStream.@Nullable Listener listener;

  void listener(UpstreamStream.@Nullable Listener now) {
    listener = now;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    UpstreamStream.Listener to = listener;
    if (to == null) {
      // An answer that nobody asked for: the connection cannot be trusted any longer.
      ReferenceCountUtil.release(message);
      context.close();
      return;
    }
    to.received(message);
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    UpstreamStream.Listener to = listener;
    if (to != null) {
      to.readComplete();
    }
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext context) {
    UpstreamStream.Listener to = listener;
    if (to != null) {
      to.writabilityChanged(context.channel().isWritable());
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    UpstreamStream.Listener to = listener;
    if (to != null) {
      listener = null;
      to.broken(false);
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    context.close();
  }
}
