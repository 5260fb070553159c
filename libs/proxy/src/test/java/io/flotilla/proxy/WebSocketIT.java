// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.flotilla.model.route.Route;
import io.flotilla.model.route.RouteAction;
import io.flotilla.model.route.RouteMatch;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.SimpleChannelInboundHandler;
import io.netty.channel.nio.NioEventLoopGroup;
import io.netty.channel.socket.nio.NioServerSocketChannel;
import io.netty.handler.codec.http.HttpObjectAggregator;
import io.netty.handler.codec.http.HttpServerCodec;
import io.netty.handler.codec.http.websocketx.CloseWebSocketFrame;
import io.netty.handler.codec.http.websocketx.TextWebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketFrame;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolConfig;
import io.netty.handler.codec.http.websocketx.WebSocketServerProtocolHandler;
import java.io.ByteArrayOutputStream;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.http.WebSocket;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** WebSockets through the proxy: the JDK's client, Netty's server. */
class WebSocketIT {
  private static final int MIB = 1024 * 1024;

  private final EventLoopGroup group = new NioEventLoopGroup(1);
  private final EngineFixture proxy = new EngineFixture("client");
  private final Heard heard = new Heard();
  private WebSocket socket;
  private @TempDir Path folder;

  @BeforeEach
  void start() throws Exception {
    Channel server =
        new ServerBootstrap()
            .group(group)
            .channel(NioServerSocketChannel.class)
            .childHandler(
                new ChannelInitializer<Channel>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    channel
                        .pipeline()
                        .addLast(new HttpServerCodec(), new HttpObjectAggregator(8192))
                        .addLast(
                            new WebSocketServerProtocolHandler(
                                WebSocketServerProtocolConfig.newBuilder()
                                    .websocketPath("/ws")
                                    .checkStartsWith(true)
                                    .maxFramePayloadLength(4 * MIB)
                                    .build()))
                        .addLast(new Echo());
                  }
                })
            .bind("127.0.0.1", 0)
            .sync()
            .channel();
    int port = ((InetSocketAddress) server.localAddress()).getPort();
    proxy.apply(
        TestMesh.snapshot(
            1,
            List.of(TestMesh.outbound()),
            List.of(TestMesh.routes(Route.of("r", RouteMatch.ANY, RouteAction.Forward.to("app")))),
            List.of(TestMesh.fixed("app", port)),
            List.of()));
    socket =
        proxy
            .client
            .newWebSocketBuilder()
            .connectTimeout(Duration.ofSeconds(5))
            .buildAsync(URI.create("ws://127.0.0.1:" + proxy.port(TestMesh.OUT) + "/ws"), heard)
            .get(60, TimeUnit.SECONDS);
  }

  @AfterEach
  void stop() {
    socket.abort();
    proxy.close();
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS);
  }

  /** Sends every frame back as it came; "close me" and "say more" are orders. */
  private static final class Echo extends SimpleChannelInboundHandler<WebSocketFrame> {
    @Override
    protected void channelRead0(ChannelHandlerContext context, WebSocketFrame frame) {
      if (frame instanceof TextWebSocketFrame text && text.text().equals("close me")) {
        context.writeAndFlush(new CloseWebSocketFrame(4001, "as you like"));
      } else {
        context.writeAndFlush(frame.retain());
      }
    }
  }

  /** What the client heard, whole messages. */
  private static final class Heard implements WebSocket.Listener {
    final Queue<String> texts = new ConcurrentLinkedQueue<>();
    final Queue<byte[]> binaries = new ConcurrentLinkedQueue<>();
    final Queue<String> pongs = new ConcurrentLinkedQueue<>();
    final Queue<Integer> parts = new ConcurrentLinkedQueue<>();
    final CompletableFuture<String> closed = new CompletableFuture<>();
    private final StringBuilder text = new StringBuilder();
    private final ByteArrayOutputStream binary = new ByteArrayOutputStream();

    @Override
    public CompletionStage<?> onText(WebSocket from, CharSequence data, boolean last) {
      text.append(data);
      if (last) {
        texts.add(text.toString());
        text.setLength(0);
      }
      from.request(1);
      return null;
    }

    @Override
    public CompletionStage<?> onBinary(WebSocket from, ByteBuffer data, boolean last) {
      byte[] bytes = new byte[data.remaining()];
      data.get(bytes);
      binary.writeBytes(bytes);
      if (last) {
        binaries.add(binary.toByteArray());
        binary.reset();
      }
      from.request(1);
      return null;
    }

    @Override
    public CompletionStage<?> onPong(WebSocket from, ByteBuffer message) {
      pongs.add(java.nio.charset.StandardCharsets.UTF_8.decode(message).toString());
      from.request(1);
      return null;
    }

    @Override
    public CompletionStage<?> onClose(WebSocket from, int status, String reason) {
      closed.complete(status + " " + reason);
      return null;
    }

    @Override
    public void onError(WebSocket from, Throwable error) {
      closed.complete("error " + error);
    }
  }

  @Test
  void carriesMessagesInFragments() throws Exception {
    socket.sendText("a long ", false).join();
    socket.sendText("message ", false).join();
    socket.sendPing(ByteBuffer.wrap("between".getBytes())).join();
    socket.sendText("in parts", true).join();

    Await.until(() -> assertThat(heard.texts).containsExactly("a long message in parts"));
    Await.until(() -> assertThat(heard.pongs).containsExactly("between"));
  }

  @Test
  void carriesMessagesOfAMebibyte() throws Exception {
    byte[] message = new byte[MIB];
    new Random(1).nextBytes(message);

    for (int i = 0; i < 3; i++) {
      socket.sendBinary(ByteBuffer.wrap(message), true).join();
    }

    Await.until(() -> assertThat(heard.binaries).hasSize(3));
    assertThat(heard.binaries).allSatisfy(b -> assertThat(b).isEqualTo(message));
  }

  @Test
  void carriesEmptyAndManySmallMessages() throws Exception {
    socket.sendText("", true).join();
    for (int i = 0; i < 1_000; i++) {
      socket.sendText("m" + i, true).join();
    }

    Await.until(() -> assertThat(heard.texts).hasSize(1_001).startsWith("", "m0", "m1"));
  }

  @Test
  void carriesTheClientsCloseAndItsCode() throws Exception {
    socket.sendClose(4000, "enough").join();

    assertThat(heard.closed.get(60, TimeUnit.SECONDS)).isEqualTo("4000 enough");
    Await.until(() -> assertThat(proxy.records()).hasSize(1));
  }

  @Test
  void carriesTheServersCloseAndItsCode() throws Exception {
    socket.sendText("close me", true).join();

    assertThat(heard.closed.get(60, TimeUnit.SECONDS)).isEqualTo("4001 as you like");
  }

  @Test
  void passesWhatTheServerStillSaysToAClientThatHasClosedItsSide() throws Exception {
    // What was sent before the close frame is answered before it.
    for (int i = 0; i < 100; i++) {
      socket.sendText("before " + i, true).join();
    }
    socket.sendClose(WebSocket.NORMAL_CLOSURE, "done").join();

    assertThat(heard.closed.get(60, TimeUnit.SECONDS)).isEqualTo("1000 done");
    assertThat(heard.texts).hasSize(100);
  }

  @Test
  void endsTheClientsSocketWhenTheServerIsGone() throws Exception {
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).sync();

    assertThat(heard.closed.get(10, TimeUnit.SECONDS)).matches("1006 .*|error .*");
  }

  @Test
  void carriesWebSocketsOfHttp2() throws Exception {
    assumeTrue(NodeBackend.node().isPresent(), "Node is not installed (Debian: nodejs)");

    // "hello", masked with zeros, and a close frame with code 4000.
    List<String> said =
        node("/ws", "websocket", "818500000000" + "68656c6c6f", "888200000000" + "0fa0");

    assertThat(said).startsWith("extended true", "status 200").endsWith("end");
    assertThat(
            said.stream()
                .filter(l -> l.startsWith("data "))
                .map(l -> l.substring(5))
                .collect(Collectors.joining()))
        .isEqualTo("8105" + "68656c6c6f" + "8802" + "0fa0");
    Await.until(() -> assertThat(proxy.records()).isNotEmpty());
  }

  @Test
  void refusesToTunnelOtherProtocolsOverHttp2() throws Exception {
    assumeTrue(NodeBackend.node().isPresent(), "Node is not installed (Debian: nodejs)");

    assertThat(node("/ws", "other")).contains("status 501");
  }

  private List<String> node(String path, String protocol, String... frames) throws Exception {
    Path script = folder.resolve("client.js");
    try (var in = WebSocketIT.class.getResourceAsStream("/websocket-h2.js")) {
      Files.write(script, in.readAllBytes());
    }
    List<String> command =
        new ArrayList<>(
            List.of(
                NodeBackend.node().orElseThrow().toString(),
                script.toString(),
                Integer.toString(proxy.port(TestMesh.OUT)),
                path,
                protocol));
    command.addAll(List.of(frames));
    Path said = folder.resolve("said.txt");
    Process client =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(said.toFile()).start();
    boolean ended = client.waitFor(10, TimeUnit.SECONDS);
    client.destroyForcibly();
    assertThat(ended).as("the client did not end; it said %s", Files.readString(said)).isTrue();
    return Files.readAllLines(said);
  }
}
