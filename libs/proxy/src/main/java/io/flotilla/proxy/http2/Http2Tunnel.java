// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.http2;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.socket.ChannelInputShutdownReadComplete;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.ssl.SslCloseCompletionEvent;
import io.netty.util.ReferenceCountUtil;
import java.util.Queue;

/**
 * Makes bytes of a stream of HTTP/2 after CONNECT succeeded (RFC 9113, section 8.5; RFC 8441), and
 * carries them to a channel and back. The next read of either waits until the other took the last;
 * an end of input is passed on as an end of output.
 */
public final class Http2Tunnel extends ChannelInboundHandlerAdapter {
  private final Http2Flow stream;
  private final Channel channel;
  private final Runnable ended;
  private boolean streamEnded;
  private boolean channelEnded;
  private boolean streamGone;
  private boolean channelGone;
  private boolean waits;

  Http2Tunnel(Http2Flow stream, Channel channel, Runnable ended) {
    this.stream = stream;
    this.channel = channel;
    this.ended = ended;
  }

  /**
   * Begins.
   *
   * @param early what came on the stream before; taken from the queue
   * @param wasAll whether nothing else comes
   */
  public void start(Queue<ByteBuf> early, boolean wasAll) {
    for (ByteBuf bytes = early.poll(); bytes != null; bytes = early.poll()) {
      channel.write(bytes);
    }
    channel.flush();
    if (wasAll) {
      streamEnded();
    }
    stream.read();
    channel.read();
  }

  // ---- from the stream ----

  void data(ByteBuf bytes) {
    if (bytes.isReadable()) {
      channel.write(bytes.retain());
    }
  }

  void streamReadComplete() {
    channel
        .writeAndFlush(Unpooled.EMPTY_BUFFER)
        .addListener(
            written -> {
              if (written.isSuccess()) {
                stream.read();
              } else {
                stream.reset(Http2Error.CANCEL);
              }
            });
  }

  void streamEnded() {
    if (streamEnded) {
      return;
    }
    streamEnded = true;
    if (channelEnded) {
      closeChannel();
    } else if (channel instanceof DuplexChannel duplex) {
      channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(written -> duplex.shutdownOutput());
    }
  }

  void streamWritable() {
    if (waits) {
      waits = false;
      channel.read();
    }
  }

  void streamGone() {
    if (!streamGone) {
      streamGone = true;
      closeChannel();
      oneGone();
    }
  }

  private void closeChannel() {
    channel.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(ChannelFutureListener.CLOSE);
  }

  private void oneGone() {
    if (streamGone && channelGone) {
      ended.run();
    }
  }

  // ---- from the channel ----

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    if (message instanceof ByteBuf bytes && bytes.isReadable()) {
      stream.writeData(bytes, false);
    } else {
      ReferenceCountUtil.release(message);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext context) {
    stream.flush();
    if (stream.isWritable()) {
      context.read();
    } else {
      waits = true;
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    if (event instanceof ChannelInputShutdownReadComplete
        || event instanceof SslCloseCompletionEvent) {
      endStream();
      if (streamEnded) {
        closeChannel();
      }
    }
  }

  private void endStream() {
    if (!channelEnded) {
      channelEnded = true;
      stream.writeData(Unpooled.EMPTY_BUFFER, true);
      stream.flush();
    }
  }

  @Override
  public void channelInactive(ChannelHandlerContext context) {
    channelGone = true;
    // What was written is whole: a reset alone would say otherwise.
    endStream();
    stream.reset(Http2Error.CANCEL);
    oneGone();
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    context.close();
  }
}
