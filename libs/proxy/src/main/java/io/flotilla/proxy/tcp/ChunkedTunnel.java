// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.tcp;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelDuplexHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.handler.codec.http.DefaultHttpContent;
import io.netty.handler.codec.http.HttpContent;
import io.netty.handler.codec.http.LastHttpContent;
import io.netty.util.ReferenceCountUtil;

/** Makes bytes of the bodies of an HTTP/1 request and its answer: a tunnel by POST. */
final class ChunkedTunnel extends ChannelDuplexHandler implements OwnEnd {
  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (!(message instanceof HttpContent content) || content.decoderResult().isFailure()) {
      ReferenceCountUtil.release(message);
      context.close();
      return;
    }
    boolean last = content instanceof LastHttpContent;
    if (content.content().isReadable()) {
      context.fireChannelRead(content.content());
    } else {
      content.release();
    }
    if (last) {
      context.fireUserEventTriggered(ChannelInputShutdownReadComplete.INSTANCE);
    }
  }

  @Override
  public void write(ChannelHandlerContext context, Object message, ChannelPromise promise) {
    if (message == Splice.END_OF_OUTPUT) {
      context.write(LastHttpContent.EMPTY_LAST_CONTENT, promise);
    } else if (message instanceof ByteBuf data) {
      // An empty part is not a chunk: it would be the last.
      context.write(data.isReadable() ? new DefaultHttpContent(data) : data, promise);
    } else {
      context.write(message, promise);
    }
  }
}
