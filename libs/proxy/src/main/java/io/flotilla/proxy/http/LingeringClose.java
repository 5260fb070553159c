// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.http;

import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.ReferenceCountUtil;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;

/**
 * Closes a connection so that its last answer arrives: the sending side first, then, once the
 * client has seen it or a second has passed, the rest. Closing at once while the client still sends
 * makes the kernel reset the connection, and the client loses what it was told (RFC 9112, section
 * 9.6).
 */
final class LingeringClose extends ChannelOutboundHandlerAdapter {
  private static final long LONGEST_MILLIS = 1_000;

  private boolean closing;

  @Override
  public void close(ChannelHandlerContext context, ChannelPromise promise) {
    if (closing || !(context.channel() instanceof DuplexChannel channel) || !channel.isActive()) {
      context.close(promise);
      return;
    }
    closing = true;
    context.pipeline().addFirst(new Discard());
    channel
        .shutdownOutput()
        .addListener(
            shut -> {
              if (!shut.isSuccess() || !channel.isActive()) {
                context.close(promise);
                return;
              }
              Future<?> last =
                  context
                      .executor()
                      .schedule(
                          () -> context.close(promise), LONGEST_MILLIS, TimeUnit.MILLISECONDS);
              channel
                  .closeFuture()
                  .addListener(
                      closed -> {
                        last.cancel(false);
                        promise.trySuccess();
                      });
              channel.config().setAutoRead(true);
              channel.read();
            });
  }

  private static final class Discard extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext context, Object message) {
      ReferenceCountUtil.release(message);
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext context) {
      context.read();
    }
  }
}
