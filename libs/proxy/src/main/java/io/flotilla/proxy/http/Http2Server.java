// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.http;

import io.flotilla.model.listener.HttpConnectionManager;
import io.flotilla.proxy.http2.Http2Flow;
import io.flotilla.proxy.http2.Http2Link;
import io.flotilla.proxy.internal.Downstream;
import io.flotilla.proxy.internal.EngineState;
import io.flotilla.proxy.internal.Sweep;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http2.DefaultHttp2Connection;
import io.netty.handler.codec.http2.Http2ConnectionDecoder;
import io.netty.handler.codec.http2.Http2ConnectionEncoder;
import io.netty.handler.codec.http2.Http2Error;
import io.netty.handler.codec.http2.Http2Settings;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/**
 * A client's connection of HTTP/2; each of its streams carries one exchange. It ends when it was
 * idle for too long, and gently when it drains: GOAWAY that still lets streams on their way in,
 * then the end once no stream is left (RFC 9113, section 6.8).
 */
final class Http2Server extends Http2Link implements Sweep.Timed {
  private static final Duration IDLE_TIMEOUT = Duration.ofHours(1);
  private static final long DRAIN_GRACE_NANOS = Duration.ofMillis(500).toNanos();
  private static final int MAX_STREAMS = 1000;
  private static final int WINDOW = 1 << 20;
  // RFC 8441, section 3.
  private static final char ENABLE_CONNECT_PROTOCOL = 8;

  private final EngineState engine;
  private final Downstream downstream;
  private final HttpConnectionManager manager;
  private final long idleNanos;
  private @Nullable ChannelHandlerContext context;
  private long quietSince = System.nanoTime();
  private boolean draining;

  static Http2Server of(EngineState engine, Downstream downstream, HttpConnectionManager manager) {
    long maxHeaders = manager.maxRequestHeadersKiB() * 1024L;
    Http2Floods floods = new Http2Floods(engine.http2(), Http2Frames.continuations(maxHeaders));
    Http2ConnectionEncoder encoder =
        Http2Frames.encoder(fair(new DefaultHttp2Connection(true)), floods);
    return new Http2Server(
        engine,
        downstream,
        manager,
        Http2Frames.decoder(encoder, floods, maxHeaders),
        encoder,
        settings(manager, maxHeaders));
  }

  private static Http2Settings settings(HttpConnectionManager manager, long maxHeaders) {
    Http2Settings settings =
        Http2Settings.defaultSettings()
            .maxConcurrentStreams(MAX_STREAMS)
            .initialWindowSize(WINDOW)
            .maxHeaderListSize(maxHeaders);
    if (!manager.upgrades().isEmpty()) {
      settings.put(ENABLE_CONNECT_PROTOCOL, Long.valueOf(1));
    }
    return settings;
  }

  private Http2Server(
      EngineState engine,
      Downstream downstream,
      HttpConnectionManager manager,
      Http2ConnectionDecoder decoder,
      Http2ConnectionEncoder encoder,
      Http2Settings settings) {
    super(decoder, encoder, settings);
    this.engine = engine;
    this.downstream = downstream;
    this.manager = manager;
    this.idleNanos = manager.idleTimeout().orElse(IDLE_TIMEOUT).toNanos();
  }

  @Override
  protected Http2Flow accept() {
    return new Http2Exchange(this, engine, downstream, downstream.terms().manager(manager));
  }

  @Override
  protected void malformed() {
    engine.http2().countMalformed();
  }

  @Override
  public void handlerAdded(ChannelHandlerContext added) throws Exception {
    context = added;
    engine.sweep().add(this);
    super.handlerAdded(added);
  }

  @Override
  protected void handlerRemoved0(ChannelHandlerContext removed) throws Exception {
    engine.sweep().remove(this);
    super.handlerRemoved0(removed);
  }

  @Override
  public void tick(long now) {
    if (connection().numActiveStreams() > 0) {
      quietSince = now;
      return;
    }
    long longest = draining ? DRAIN_GRACE_NANOS : idleNanos;
    if (context != null && longest > 0 && now - quietSince > longest) {
      context.channel().close();
    }
  }

  @Override
  public void userEventTriggered(ChannelHandlerContext context, Object event) throws Exception {
    if (event instanceof HttpServer.DrainEvent) {
      if (!draining) {
        draining = true;
        quietSince = System.nanoTime();
        goAway(
            context,
            Integer.MAX_VALUE,
            Http2Error.NO_ERROR.code(),
            Unpooled.EMPTY_BUFFER,
            context.newPromise());
        flush(context);
      }
      return;
    }
    super.userEventTriggered(context, event);
  }
}
