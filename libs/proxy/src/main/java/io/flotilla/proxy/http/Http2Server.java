// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.http;

import io.flotilla.model.listener.HttpConnectionManager;
import io.flotilla.proxy.internal.EngineState;
import io.flotilla.proxy.internal.Sweep;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http2.DefaultHttp2GoAwayFrame;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Exception;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.util.ReferenceCountUtil;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * An HTTP/2 connection as a whole: it ends when it was idle for too long, and gently when it
 * drains: GOAWAY that still lets streams on their way in, then the end once no stream is left (RFC
 * 9113, section 6.8).
 */
final class Http2Server extends ChannelInboundHandlerAdapter implements Sweep.Timed {
  private static final Duration IDLE_TIMEOUT = Duration.ofHours(1);
  private static final long DRAIN_GRACE_NANOS = Duration.ofMillis(500).toNanos();

  private final EngineState engine;
  private final Http2FrameCodec codec;
  private final long idleNanos;
  private @Nullable ChannelHandlerContext context;
  private long quietSince = System.nanoTime();
  private boolean draining;

  Http2Server(EngineState engine, Http2FrameCodec codec, HttpConnectionManager manager) {
    this.engine = engine;
    this.codec = codec;
    this.idleNanos = manager.idleTimeout().orElse(IDLE_TIMEOUT).toNanos();
  }

  @Override
  public void handlerAdded(ChannelHandlerContext added) {
    context = added;
    engine.sweep().add(this);
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext removed) {
    engine.sweep().remove(this);
  }

  @Override
  public void tick(long now) {
    if (codec.connection().numActiveStreams() > 0) {
      quietSince = now;
      return;
    }
    long longest = draining ? DRAIN_GRACE_NANOS : idleNanos;
    if (context != null && longest > 0 && now - quietSince > longest) {
      context.close();
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext context, Object message) {
    ReferenceCountUtil.release(message);
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) {
    if (event instanceof HttpServer.DrainEvent && !draining) {
      draining = true;
      quietSince = System.nanoTime();
      context.writeAndFlush(
          new DefaultHttp2GoAwayFrame(Http2Error.NO_ERROR).setExtraStreamIds(Integer.MAX_VALUE));
    }
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
    // The codec tells the client what was wrong and closes by itself.
    if (!(cause instanceof Http2Exception)) {
      context.close();
    }
  }
}
