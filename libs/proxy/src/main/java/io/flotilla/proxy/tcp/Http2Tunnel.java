// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.tcp;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.util.ReferenceCountUtil;
import org.jspecify.annotations.Nullable;

/** Makes bytes of a stream of HTTP/2, after CONNECT succeeded (RFC 9113, section 8.5; RFC 8441). */
public final class Http2Tunnel extends ChannelDuplexHandler implements OwnEnd {
  private @Nullable ChannelFuture last;
  private boolean ended;

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    switch (message) {
      case Http2DataFrame data -> {
        if (data.content().isReadable()) {
          context.fireChannelRead(data.content());
        } else {
          data.release();
        }
        if (data.isEndStream()) {
          context.fireUserEventTriggered(ChannelInputShutdownReadComplete.INSTANCE);
        }
      }
      case Http2HeadersFrame headers -> {
        if (headers.isEndStream()) {
          context.fireUserEventTriggered(ChannelInputShutdownReadComplete.INSTANCE);
        }
      }
      default -> ReferenceCountUtil.release(message);
    }
  }

  @Override
  public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
    if (message == Splice.END_OF_OUTPUT) {
      ended = true;
      context.write(new DefaultHttp2DataFrame(true), promise);
    } else if (message instanceof ByteBuf data && !data.isReadable()) {
      // It only asks when all before it is gone; an empty frame would be one for the peer to count.
      data.release();
      afterLast(promise);
    } else if (message instanceof ByteBuf data) {
      last = context.write(new DefaultHttp2DataFrame(data), promise.unvoid());
    } else {
      context.write(message, promise);
    }
  }

  private void afterLast(ChannelPromise promise) {
    ChannelFuture before = last;
    if (before == null) {
      promise.trySuccess();
      return;
    }
    before.addListener(
        done -> {
          if (done.isSuccess()) {
            promise.trySuccess();
          } else {
            promise.tryFailure(done.cause());
          }
        });
  }

  @Override
  public void close(ChannelHandlerContext context, ChannelPromise promise) {
    if (!ended && context.channel().isActive()) {
      // What was written is whole: a reset alone would say otherwise.
      ended = true;
      context.writeAndFlush(new DefaultHttp2DataFrame(true));
    }
    context.close(promise);
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    if (event instanceof Http2ResetFrame reset) {
      ReferenceCountUtil.release(reset);
      ended = true;
      context.close();
    } else {
      context.fireUserEventTriggered(event);
    }
  }
}
