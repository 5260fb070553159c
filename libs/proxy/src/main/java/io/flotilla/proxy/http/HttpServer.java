// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.http;

import io.flotilla.model.listener.HttpConnectionManager;
import io.flotilla.proxy.internal.Downstream;
import io.flotilla.proxy.internal.EngineState;
import io.flotilla.proxy.internal.LateFlush;
import io.flotilla.proxy.metrics.HttpStats;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http2.Http2FrameCodec;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.handler.codec.http2.Http2Settings;

/** Puts the server's side of HTTP/1 or HTTP/2 on a connection. */
public final class HttpServer {
  private static final int MAX_REQUEST_LINE = 8192;
  private static final int MAX_CHUNK = 16 * 1024;
  private static final int MAX_STREAMS = 1000;
  private static final int WINDOW = 1 << 20;
  // RFC 8441, section 3.
  private static final char ENABLE_CONNECT_PROTOCOL = 8;

  private HttpServer() {}

  /** HTTP/1.x; exchanges one after the other. */
  public static void http1(
      EngineState engine, Downstream downstream, HttpConnectionManager manager) {
    Channel channel = downstream.channel();
    count(engine, downstream, manager, false);
    channel.config().setAutoRead(false);
    channel.pipeline().addFirst(new LingeringClose());
    channel
        .pipeline()
        .addLast(
            "codec",
            new StrictServerCodec(
                MAX_REQUEST_LINE,
                manager.maxRequestHeadersKiB() * 1024,
                MAX_CHUNK,
                head ->
                    head.method().equals(HttpMethod.CONNECT)
                        || HeadRules.isUpgrade(
                            head, downstream.terms().manager(manager).upgrades())));
    Http1Exchanges exchanges = new Http1Exchanges(engine, downstream, manager);
    channel
        .pipeline()
        .addBefore(
            "codec",
            "clock",
            new ChannelInboundHandlerAdapter() {
              @Override
              public void channelRead(ChannelHandlerContext context, Object message) {
                exchanges.bytes();
                context.fireChannelRead(message);
              }
            });
    channel.pipeline().addLast("exchanges", exchanges);
    channel.read();
  }

  /** HTTP/2; every stream is a channel of its own. */
  public static void http2(
      EngineState engine, Downstream downstream, HttpConnectionManager manager) {
    Channel channel = downstream.channel();
    count(engine, downstream, manager, true);
    long maxHeaders = manager.maxRequestHeadersKiB() * 1024L;
    Http2FrameCodec codec =
        Http2Frames.server(
            settings(manager, maxHeaders),
            new Http2Floods(engine.http2(), Http2Frames.continuations(maxHeaders)),
            maxHeaders);
    channel.pipeline().addFirst(new LingeringClose());
    channel.pipeline().addLast("codec", codec);
    channel.pipeline().addLast("flush", new LateFlush());
    channel
        .pipeline()
        .addLast(
            "mux",
            new Http2MultiplexHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel stream) {
                    stream.config().setAutoRead(false);
                    stream.pipeline().addLast("codec", new Http2Requests(engine.http2()));
                    stream
                        .pipeline()
                        .addLast("exchange", new Http2Exchange(engine, downstream, manager));
                    stream.read();
                  }
                }));
    channel.pipeline().addLast("connection", new Http2Server(engine, codec, manager));
    channel.config().setAutoRead(true);
    channel.read();
  }

  private static void count(
      EngineState engine, Downstream downstream, HttpConnectionManager manager, boolean http2) {
    HttpStats stats = engine.statistics().http(manager.statPrefix());
    stats.opened(http2, downstream.tls());
    downstream.channel().closeFuture().addListener(closed -> stats.closed(http2, downstream.tls()));
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

  /** Fired through a connection that should end after what is under way. */
  public record DrainEvent() {}
}
