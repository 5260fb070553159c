// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import com.sun.net.httpserver.HttpServer;
import io.flotilla.model.cluster.Cluster;
import io.flotilla.model.cluster.ConnectionSettings;
import io.flotilla.model.route.Route;
import io.flotilla.model.route.RouteAction;
import io.flotilla.model.route.RouteMatch;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http2.DefaultHttp2Headers;
import io.netty.handler.codec.http2.DefaultHttp2HeadersFrame;
import io.netty.handler.codec.http2.Http2FrameCodecBuilder;
import io.netty.handler.codec.http2.Http2HeadersFrame;
import io.netty.handler.codec.http2.Http2MultiplexHandler;
import io.netty.util.ReferenceCountUtil;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class ConnectionAgeIT {
  private final EngineFixture proxy = new EngineFixture("client");
  private HttpServer app;

  @BeforeEach
  void start() throws IOException {
    app = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
    app.createContext(
        "/",
        exchange -> {
          exchange
              .getResponseHeaders()
              .set("x-connection", "" + exchange.getRemoteAddress().getPort());
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    app.start();
  }

  @AfterEach
  void stop() {
    proxy.close();
    app.stop(0);
  }

  private void apply(ConnectionSettings settings) {
    apply(settings, Cluster.HttpUpstream.HTTP1, app.getAddress().getPort());
  }

  private void apply(ConnectionSettings settings, Cluster.HttpUpstream http, int port) {
    Cluster plain = TestMesh.fixed("app", port);
    Cluster cluster =
        new Cluster(
            plain.name(),
            plain.discovery(),
            plain.loadBalancing(),
            plain.connectTimeout(),
            http,
            plain.transports(),
            plain.circuitBreakers(),
            plain.outlierDetection(),
            plain.bindSource(),
            plain.services(),
            settings,
            plain.source());
    proxy.apply(
        TestMesh.snapshot(
            1,
            List.of(TestMesh.outbound()),
            List.of(TestMesh.routes(Route.of("r", RouteMatch.ANY, RouteAction.Forward.to("app")))),
            List.of(cluster),
            List.of()));
  }

  private String connection() throws Exception {
    return proxy.get("/").headers().firstValue("x-connection").orElse("");
  }

  @Test
  void givesAnOldConnectionNoMoreRequests() throws Exception {
    apply(
        new ConnectionSettings(
            0, Optional.empty(), 0, Optional.empty(), Optional.of(Duration.ofSeconds(1))));
    long born = System.nanoTime();
    String first = connection();
    assertThat(connection()).isEqualTo(first);

    String last = first;
    while (last.equals(first)) {
      assertThat(System.nanoTime() - born).isLessThan(TimeUnit.MINUTES.toNanos(1));
      last = connection();
    }

    assertThat(System.nanoTime() - born).isGreaterThan(TimeUnit.MILLISECONDS.toNanos(900));
  }

  @Test
  void givesAConnectionNoMoreRequestsThanItMayHave() throws Exception {
    apply(new ConnectionSettings(2, Optional.empty(), 0, Optional.empty()));

    String first = connection();

    assertThat(connection()).isEqualTo(first);
    assertThat(connection()).isNotEqualTo(first);
  }

  @Test
  void givesAnHttp2ConnectionNoMoreRequestsThanItMayHave() throws Exception {
    EventLoopGroup group = new NioEventLoopGroup(1);
    try {
      int port = http2App(group);
      apply(
          new ConnectionSettings(2, Optional.empty(), 0, Optional.empty()),
          Cluster.HttpUpstream.HTTP2,
          port);
      String first = connection();
      assertThat(connection()).isEqualTo(first);
      assertThat(connection()).isNotEqualTo(first);
    } finally {
      group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }
  }

  /** Speaks HTTP/2 from the first byte, and tells which connection a request came by. */
  private static int http2App(EventLoopGroup group) {
    ServerBootstrap server =
        new ServerBootstrap()
            .group(group)
            .channel(NioServerSocketChannel.class)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel connection) {
                    connection
                        .pipeline()
                        .addLast(
                            Http2FrameCodecBuilder.forServer().build(),
                            new Http2MultiplexHandler(new Http2App()));
                  }
                });
    return ((InetSocketAddress)
            server.bind("127.0.0.1", 0).syncUninterruptibly().channel().localAddress())
        .getPort();
  }

  @ChannelHandler.Sharable
  private static final class Http2App extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext stream, Object frame) {
      if (frame instanceof Http2HeadersFrame) {
        int from = ((InetSocketAddress) stream.channel().parent().remoteAddress()).getPort();
        stream.writeAndFlush(
            new DefaultHttp2HeadersFrame(
                new DefaultHttp2Headers().status("200").set("x-connection", "" + from), true));
      }
      ReferenceCountUtil.release(frame);
    }
  }
}
