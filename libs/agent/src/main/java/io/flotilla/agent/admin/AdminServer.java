// SPDX-License-Identifier: Apache-2.0
package io.flotilla.agent.admin;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFutureListener;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.SocketChannel;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.FullHttpResponse;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpMethod;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.HttpUtil;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.handler.timeout.ReadTimeoutHandler;
import io.netty.util.concurrent.DefaultThreadFactory;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.Executor;
import java.util.function.BiFunction;
import java.util.function.Function;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/**
 * Small HTTP servers of one process: each binds an address and answers by path. All share one
 * thread for sockets; answers are made on {@code work}.
 */
public final class AdminServer implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(AdminServer.class);
  private static final int MAX_BODY_BYTES = 64 * 1024;
  private static final int IDLE_SECONDS = 30;

  private final NioEventLoopGroup loop =
      new NioEventLoopGroup(1, new DefaultThreadFactory("flotilla-admin", true));
  private final Executor work;
  private final List<Channel> channels = new ArrayList<>();

  /** {@code work} runs the handlers; a virtual-thread executor will do. */
  public AdminServer(Executor work) {
    this.work = work;
  }

  /**
   * Opens a port.
   *
   * @param paths path to the answer of GET and HEAD
   * @param actions path to the answer of POST; the query's first values are given
   * @return the port bound
   * @throws IOException naming the address when it cannot be bound
   */
  public int open(
      String host,
      int port,
      Map<String, Supplier<AdminAnswer>> paths,
      Map<String, BiFunction<String, Map<String, List<String>>, AdminAnswer>> actions)
      throws IOException {
    return open(host, port, paths, Map.of(), actions);
  }

  /** As the other; {@code questions} are answered to GET and HEAD by what the query says. */
  public int open(
      String host,
      int port,
      Map<String, Supplier<AdminAnswer>> paths,
      Map<String, Function<Map<String, List<String>>, AdminAnswer>> questions,
      Map<String, BiFunction<String, Map<String, List<String>>, AdminAnswer>> actions)
      throws IOException {
    Map<String, Function<Map<String, List<String>>, AdminAnswer>> pages = new HashMap<>(questions);
    paths.forEach((path, page) -> pages.put(path, query -> page.get()));
    ServerBootstrap bootstrap =
        new ServerBootstrap()
            .group(loop)
            .channel(NioServerSocketChannel.class)
            .childHandler(
                new ChannelInitializer<SocketChannel>() {
                  @Override
                  protected void initChannel(SocketChannel channel) {
                    channel
                        .pipeline()
                        .addLast(
                            new ReadTimeoutHandler(IDLE_SECONDS),
                            new HttpServerCodec(),
                            new HttpObjectAggregator(MAX_BODY_BYTES),
                            new Handler(pages, actions));
                  }
                });
    try {
      Channel channel = bootstrap.bind(host, port).syncUninterruptibly().channel();
      synchronized (channels) {
        channels.add(channel);
      }
      return ((InetSocketAddress) channel.localAddress()).getPort();
    } catch (Exception e) {
      // Netty throws the bind failure unchecked through syncUninterruptibly.
      throw new IOException(
          "the admin port " + host + ":" + port + " cannot be bound: " + e.getMessage(), e);
    }
  }

  @Override
  public void close() {
    synchronized (channels) {
      channels.forEach(Channel::close);
    }
    loop.shutdownGracefully(0, 1, java.util.concurrent.TimeUnit.SECONDS);
  }

  private final class Handler extends SimpleChannelInboundHandler<FullHttpRequest> {
    private final Map<String, Function<Map<String, List<String>>, AdminAnswer>> paths;
    private final Map<String, BiFunction<String, Map<String, List<String>>, AdminAnswer>> actions;

    Handler(
        Map<String, Function<Map<String, List<String>>, AdminAnswer>> paths,
        Map<String, BiFunction<String, Map<String, List<String>>, AdminAnswer>> actions) {
      this.paths = paths;
      this.actions = actions;
    }

    @Override
    protected void channelRead0(ChannelHandlerContext context, FullHttpRequest request) {
      boolean keepAlive = HttpUtil.isKeepAlive(request);
      boolean head = request.method().equals(HttpMethod.HEAD);
      boolean post = request.method().equals(HttpMethod.POST);
      QueryStringDecoder uri = new QueryStringDecoder(request.uri());
      String body = request.content().toString(StandardCharsets.UTF_8);
      work.execute(
          () -> {
            AdminAnswer answer;
            try {
              answer = answer(post, uri, body);
            } catch (RuntimeException e) {
              LOG.errorf(e, "admin request %s failed", uri.path());
              answer = AdminAnswer.text(500, uri.path() + " failed: " + e.getMessage() + "\n");
            }
            write(context, answer, head, keepAlive);
          });
    }

    private AdminAnswer answer(boolean post, QueryStringDecoder uri, String body) {
      if (post) {
        BiFunction<String, Map<String, List<String>>, AdminAnswer> action = actions.get(uri.path());
        if (action != null) {
          return action.apply(body, uri.parameters());
        }
      }
      Function<Map<String, List<String>>, AdminAnswer> page = paths.get(uri.path());
      if (page == null) {
        return AdminAnswer.text(
            actions.containsKey(uri.path()) ? 405 : 404,
            "no such admin path: "
                + uri.path()
                + "; there are: "
                + String.join(" ", new java.util.TreeSet<>(paths.keySet()))
                + "\n");
      }
      return page.apply(uri.parameters());
    }

    private void write(
        ChannelHandlerContext context, AdminAnswer answer, boolean head, boolean keepAlive) {
      byte[] bytes = answer.body().getBytes(StandardCharsets.UTF_8);
      FullHttpResponse response =
          new DefaultFullHttpResponse(
              HttpVersion.HTTP_1_1,
              HttpResponseStatus.valueOf(answer.status()),
              head ? Unpooled.EMPTY_BUFFER : Unpooled.wrappedBuffer(bytes));
      response.headers().set(HttpHeaderNames.CONTENT_TYPE, answer.contentType());
      response.headers().setInt(HttpHeaderNames.CONTENT_LENGTH, bytes.length);
      response.headers().set("x-content-type-options", "nosniff");
      if (!keepAlive) {
        response.headers().set(HttpHeaderNames.CONNECTION, "close");
      }
      var written = context.writeAndFlush(response);
      if (!keepAlive) {
        written.addListener(ChannelFutureListener.CLOSE);
      }
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext context, Throwable cause) {
      context.close();
    }
  }
}
