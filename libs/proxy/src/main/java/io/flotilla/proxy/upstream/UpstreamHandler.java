// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.upstream;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.util.ReferenceCountUtil;
import org.jspecify.annotations.Nullable;

/** Hands what an upstream channel gives to the exchange that uses it. */
final class UpstreamHandler extends ChannelInboundHandlerAdapter {
  private UpstreamStream.@Nullable Listener listener;
  private boolean received;

  void listener(UpstreamStream.@Nullable Listener now) {
    listener = now;
    received = false;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    UpstreamStream.Listener to = listener;
    if (message instanceof Http2ResetFrame reset) {
      ReferenceCountUtil.release(message);
      if (to != null) {
        listener = null;
        to.broken(!received && reset.errorCode() == Http2Error.REFUSED_STREAM.code());
      }
      return;
    }
    if (to == null) {
      // An answer that nobody asked for: the connection cannot be trusted any longer.
      ReferenceCountUtil.release(message);
      context.close();
      return;
    }
    received = true;
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
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    if (event instanceof Http2ResetFrame reset) {
      channelRead(context, reset);
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
