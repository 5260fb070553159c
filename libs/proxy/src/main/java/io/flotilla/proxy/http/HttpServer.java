// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.http;

import io.flotilla.model.listener.HttpConnectionManager;
import io.flotilla.proxy.internal.Downstream;
import io.flotilla.proxy.internal.EngineState;
import io.flotilla.proxy.metrics.HttpStats;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.handler.codec.http.HttpMethod;

/** Puts the server's side of HTTP/1 or HTTP/2 on a connection. */
public final class HttpServer {
  private static final int MAX_REQUEST_LINE = 8192;
  private static final int MAX_CHUNK = 16 * 1024;

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

  /** HTTP/2; an exchange a stream. */
  public static void http2(
      EngineState engine, Downstream downstream, HttpConnectionManager manager) {
    Channel channel = downstream.channel();
    count(engine, downstream, manager, true);
    channel.pipeline().addFirst(new LingeringClose());
    channel.pipeline().addLast("codec", Http2Server.of(engine, downstream, manager));
    channel.config().setAutoRead(true);
    channel.read();
  }

  private static void count(
      EngineState engine, Downstream downstream, HttpConnectionManager manager, boolean http2) {
    HttpStats stats = engine.statistics().http(manager.statPrefix());
    stats.opened(http2, downstream.tls());
    downstream.channel().closeFuture().addListener(closed -> stats.closed(http2, downstream.tls()));
  }

  /** Fired through a connection that should end after what is under way. */
  public record DrainEvent() {}
}
