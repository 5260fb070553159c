// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.model.match.Percentage;
import io.flotilla.model.route.ClusterChoice;
import io.flotilla.model.route.HostRewrite;
import io.flotilla.model.route.Route;
import io.flotilla.model.route.RouteAction;
import io.flotilla.model.route.RouteMatch;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * What an upstream is sent around "101 Switching Protocols": before it, nothing that it could take
 * for another request; after a refusal, nothing at all.
 */
class UpgradeIT {
  private static final String SMUGGLED = "GET /smuggled HTTP/1.1\r\nHost: h\r\n\r\n";
  private static final String ASKED =
      "GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";
  private static final String AGREED =
      "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";

  private final EngineFixture proxy = new EngineFixture("client");
  private ServerSocket server;
  private ServerSocket mirror;

  @BeforeEach
  void start() throws Exception {
    server = listen();
    mirror = listen();
    apply(Duration.ZERO);
  }

  private static ServerSocket listen() throws IOException {
    ServerSocket socket = new ServerSocket(0, 50, InetAddress.getLoopbackAddress());
    socket.setSoTimeout(5_000);
    return socket;
  }

  private void apply(Duration timeout) {
    RouteAction.Forward forward =
        new RouteAction.Forward(
            new ClusterChoice.Single("app"),
            Optional.of(timeout),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            Optional.empty(),
            new HostRewrite.Keep(),
            List.of(),
            List.of(new RouteAction.Mirror("mirror", Percentage.ALL)),
            List.of());
    proxy.apply(
        TestMesh.snapshot(
            1,
            List.of(TestMesh.outbound()),
            List.of(TestMesh.routes(Route.of("r", RouteMatch.ANY, forward))),
            List.of(
                TestMesh.fixed("app", server.getLocalPort()),
                TestMesh.fixed("mirror", mirror.getLocalPort())),
            List.of()));
  }

  @AfterEach
  void stop() throws IOException {
    proxy.close();
    server.close();
    mirror.close();
  }

  private Socket accept() throws IOException {
    Socket socket = server.accept();
    socket.setSoTimeout(5_000);
    return socket;
  }

  private static String read(Socket from, String end) throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    while (!out.toString(StandardCharsets.ISO_8859_1).endsWith(end)) {
      int next = from.getInputStream().read();
      if (next < 0) {
        return out + "<end>";
      }
      out.write(next);
    }
    return out.toString(StandardCharsets.ISO_8859_1);
  }

  private static void say(Socket to, String text) throws IOException {
    to.getOutputStream().write(text.getBytes(StandardCharsets.ISO_8859_1));
  }

  private static void saysNothing(Socket from) throws IOException {
    from.setSoTimeout(300);
    assertThatThrownBy(() -> from.getInputStream().read())
        .isInstanceOf(SocketTimeoutException.class);
    from.setSoTimeout(5_000);
  }

  private RawHttp2 askByHttp2(String early) throws IOException {
    RawHttp2 client = new RawHttp2(proxy.address(TestMesh.OUT));
    client.send(
        RawHttp2.HEADERS,
        RawHttp2.END_HEADERS,
        1,
        RawHttp2.block(
            List.of(
                new SmugglingCase.Field(":method", "CONNECT"),
                new SmugglingCase.Field(":protocol", "websocket"),
                new SmugglingCase.Field(":scheme", "http"),
                new SmugglingCase.Field(":path", "/ws"),
                new SmugglingCase.Field(":authority", "h"),
                new SmugglingCase.Field("sec-websocket-version", "13"))));
    client.send(RawHttp2.DATA, 0, 1, early.getBytes(StandardCharsets.ISO_8859_1));
    return client;
  }

  @Test
  void holdsWhatAnHttp2ClientSaysBeforeTheSwitch() throws Exception {
    try (RawHttp2 client = askByHttp2(SMUGGLED);
        Socket app = accept()) {
      assertThat(read(app, "\r\n\r\n")).startsWith("GET /ws HTTP/1.1\r\n");
      saysNothing(app);
      say(app, AGREED + "hello");

      assertThat(read(app, SMUGGLED)).isEqualTo(SMUGGLED);
      RawHttp2.Frame said = client.readUntil(f -> f.type() == RawHttp2.DATA).getLast();
      assertThat(new String(said.payload(), StandardCharsets.ISO_8859_1)).isEqualTo("hello");
      client.send(RawHttp2.DATA, RawHttp2.END_STREAM, 1, "more".getBytes());
      assertThat(read(app, "more")).isEqualTo("more");
    }
  }

  @Test
  void passesTheEndThatCameBeforeTheSwitch() throws Exception {
    try (RawHttp2 client = askByHttp2("");
        Socket app = accept()) {
      client.send(RawHttp2.DATA, RawHttp2.END_STREAM, 1, "all".getBytes());
      read(app, "\r\n\r\n");
      saysNothing(app);
      say(app, AGREED);

      assertThat(read(app, "nothing else")).isEqualTo("all<end>");
    }
  }

  @Test
  void holdsWhatAnHttp1ClientSaysBeforeTheSwitch() throws Exception {
    try (RawHttp client = new RawHttp(proxy.address(TestMesh.OUT)).send(ASKED + SMUGGLED);
        Socket app = accept()) {
      assertThat(read(app, "\r\n\r\n")).startsWith("GET /ws HTTP/1.1\r\n");
      saysNothing(app);
      say(app, AGREED + "hello");

      assertThat(read(app, SMUGGLED)).isEqualTo(SMUGGLED);
      assertThat(client.readUntil("hello")).startsWith("HTTP/1.1 101 ").endsWith("\r\n\r\nhello");
    }
  }

  @Test
  void passesTheEndOfOneSideAndWhatTheOtherStillSays() throws Exception {
    try (RawHttp client = new RawHttp(proxy.address(TestMesh.OUT)).send(ASKED);
        Socket app = accept()) {
      read(app, "\r\n\r\n");
      say(app, AGREED);
      client.readUntil("\r\n\r\n");
      client.send("all").endOutput();
      assertThat(read(app, "nothing else")).isEqualTo("all<end>");
      say(app, "bye");

      assertThat(client.readUntil("bye")).isEqualTo("bye");
    }
  }

  @Test
  void doesNotReadOnAfterARefusal() throws Exception {
    try (RawHttp client = new RawHttp(proxy.address(TestMesh.OUT)).send(ASKED + SMUGGLED);
        Socket app = accept()) {
      read(app, "\r\n\r\n");
      say(app, "HTTP/1.1 426 Upgrade Required\r\nContent-Length: 2\r\n\r\nno");

      assertThat(client.readToEnd())
          .startsWith("HTTP/1.1 426 ")
          .containsIgnoringCase("\r\nconnection: close\r\n")
          .endsWith("\r\n\r\nno");
      assertThat(read(app, SMUGGLED)).isEqualTo("<end>");
    }
  }

  @Test
  void takesNoPlainSuccessForASwitch() throws Exception {
    try (RawHttp2 client = askByHttp2(SMUGGLED);
        Socket app = accept()) {
      read(app, "\r\n\r\n");
      say(app, "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");

      RawHttp2.Frame head = client.readUntil(f -> f.type() == RawHttp2.HEADERS).getLast();
      assertThat(new String(head.payload(), StandardCharsets.ISO_8859_1)).doesNotContain("200");
      assertThat(read(app, SMUGGLED)).isEqualTo("<end>");
      Await.until(
          () -> assertThat(proxy.records()).singleElement().matches(r -> r.status() == 502));
    }
  }

  @Test
  void takesNoSwitchThatNobodyAskedFor() throws Exception {
    try (RawHttp client =
            new RawHttp(proxy.address(TestMesh.OUT)).send("GET / HTTP/1.1\r\nHost: h\r\n\r\n");
        Socket app = accept()) {
      read(app, "\r\n\r\n");
      say(app, AGREED + "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");

      assertThat(client.readUntil("malformed")).startsWith("HTTP/1.1 502 ");
      assertThat(read(app, "nothing")).isEqualTo("<end>");
    }
  }

  @Test
  void mirrorsNoSwitch() throws Exception {
    try (RawHttp client = new RawHttp(proxy.address(TestMesh.OUT)).send(ASKED);
        Socket app = accept()) {
      read(app, "\r\n\r\n");
      say(app, AGREED);
      client.readUntil("\r\n\r\n");
      mirror.setSoTimeout(300);
      assertThatThrownBy(mirror::accept).isInstanceOf(SocketTimeoutException.class);
    }
  }

  @Test
  void outlivesTheTimeoutOfItsRoute() throws Exception {
    apply(Duration.ofMillis(200));
    try (RawHttp client = new RawHttp(proxy.address(TestMesh.OUT)).send(ASKED);
        Socket app = accept()) {
      read(app, "\r\n\r\n");
      say(app, AGREED);
      client.readUntil("\r\n\r\n");
      saysNothing(app);
      say(app, "later");

      assertThat(client.readUntil("later")).isEqualTo("later");
    }
  }
}
