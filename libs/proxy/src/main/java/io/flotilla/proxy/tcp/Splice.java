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
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.util.ReferenceCountUtil;
import java.util.ArrayDeque;
import org.jspecify.annotations.Nullable;

/**
 * One direction of a byte stream: what this channel reads goes to its peer. The next read waits
 * until the peer took the last. An end of input is passed on as an end of output.
 */
public final class Splice extends ChannelInboundHandlerAdapter {
  /** Written to a channel that is no socket, so that it ends its output. */
  public static final Object END_OF_OUTPUT = new Object();

  private final Runnable closed;
  private @Nullable Channel peer;
  private long bytes;
  private boolean inputEnded;
  private boolean notified;
  private boolean endedEarly;
  private final ArrayDeque<ByteBuf> early = new ArrayDeque<>();
  private @Nullable ChannelHandlerContext context;

  /** {@code closed} runs once, when this channel is gone. */
  public Splice(Runnable closed) {
    this.closed = closed;
  }

  /** Where bytes go. What came before is passed on, and reading goes on from here. */
  public void peer(Channel to) {
    peer = to;
    for (ByteBuf data = early.poll(); data != null; data = early.poll()) {
      to.write(data);
    }
    to.flush();
    if (endedEarly && context != null) {
      inputEnded(context);
    }
  }

  /** Bytes that were read before this was there. */
  void count(int before) {
    bytes += before;
  }

  /** How many bytes were read here. */
  public long bytes() {
    return bytes;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext added) {
    context = added;
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext removed) {
    early.forEach(ReferenceCountUtil::release);
    early.clear();
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    Channel to = peer;
    if (!(message instanceof ByteBuf data)) {
      ReferenceCountUtil.release(message);
      return;
    }
    bytes += data.readableBytes();
    if (to == null) {
      // A client that ended its output is read at once, whether we asked or not.
      early.add(data);
    } else {
      to.write(data);
    }
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
    if (event instanceof ChannelInputShutdownReadComplete
        || event instanceof SslCloseCompletionEvent) {
      inputEnded(context);
    }
  }

  private void inputEnded(ChannelHandlerContext context) {
    Channel to = peer;
    if (to == null) {
      endedEarly = true;
      return;
    }
    if (inputEnded) {
      return;
    }
    inputEnded = true;
    if (to.pipeline().get(Splice.class) instanceof Splice other && other.inputEnded) {
      closeAfterWrites(to);
      closeAfterWrites(context.channel());
      return;
    }
    to.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(written -> endOutput(to));
  }

  private static void endOutput(Channel channel) {
    // Under TLS too only the socket's output ends: the engine could not write on after close_notify
    // had come, so that a peer of ours gets the end of the stream and can still answer.
    if (channel instanceof DuplexChannel duplex && channel.pipeline().get(OwnEnd.class) == null) {
      duplex.shutdownOutput();
    } else {
      channel.writeAndFlush(END_OF_OUTPUT).addListener(ChannelFutureListener.CLOSE_ON_FAILURE);
    }
  }

  private static void closeAfterWrites(Channel channel) {
    channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    Channel to = peer;
    if (to != null && to.isActive()) {
      closeAfterWrites(to);
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
