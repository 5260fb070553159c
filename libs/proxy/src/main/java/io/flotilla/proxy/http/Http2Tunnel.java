// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.http;

import io.flotilla.proxy.tcp.Splice;
import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.handler.codec.http2.DefaultHttp2DataFrame;
import io.netty.handler.codec.http2.Http2DataFrame;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2ResetFrame;
import io.netty.util.ReferenceCountUtil;

/** Makes bytes of a stream of HTTP/2, after CONNECT succeeded (RFC 9113, section 8.5; RFC 8441). */
final class Http2Tunnel extends ChannelDuplexHandler {
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
      context.write(new DefaultHttp2DataFrame(true), promise);
    } else if (message instanceof ByteBuf data) {
      context.write(new DefaultHttp2DataFrame(data), promise);
    } else {
      context.write(message, promise);
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    if (event instanceof Http2ResetFrame reset) {
      ReferenceCountUtil.release(reset);
      context.close();
    } else {
      context.fireUserEventTriggered(event);
    }
  }
}
