// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.tcp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.ReferenceCountUtil;
import org.jspecify.annotations.Nullable;

/**
 * One direction of a byte stream: what this channel reads goes to its peer. The next read waits
 * until the peer took the last. An end of input is passed on as an end of output.
 */
public final class Splice extends ChannelInboundHandlerAdapter {
  private final Runnable closed;
  private @Nullable Channel peer;
  private long bytes;
  private boolean inputEnded;
  private boolean notified;

  /** {@code closed} runs once, when this channel is gone. */
  public Splice(Runnable closed) {
    this.closed = closed;
  }

  /** Where bytes go; reading starts once both sides know each other. */
  public void peer(Channel to) {
    peer = to;
  }

  /** How many bytes were read here. */
  public long bytes() {
    return bytes;
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    Channel to = peer;
    if (!(message instanceof ByteBuf data) || to == null) {
      ReferenceCountUtil.release(message);
      return;
    }
    bytes += data.readableBytes();
    to.write(data);
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    Channel to = peer;
    if (to == null) {
      return;
    }
    to.writeAndFlush(Unpooled.EMPTY_BUFFER)
        .addListener(
            done -> {
              if (done.isSuccess()) {
                context.read();
              } else {
                context.close();
              }
            });
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    if (event instanceof ChannelInputShutdownReadComplete && !inputEnded) {
      inputEnded = true;
      Channel to = peer;
      if (to instanceof DuplexChannel duplex && to.pipeline().get("tls") == null) {
        to.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(done -> duplex.shutdownOutput());
        if (duplex.isInputShutdown()) {
          to.close();
          context.close();
        }
      } else if (to != null) {
        to.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
      }
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    Channel to = peer;
    if (to != null && to.isActive()) {
      to.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
    }
    if (!notified) {
      notified = true;
      closed.run();
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    context.close();
  }
}
