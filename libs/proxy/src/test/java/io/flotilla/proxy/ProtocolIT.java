// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.model.route.Route;
import io.flotilla.model.route.RouteAction;
import io.flotilla.model.route.RouteMatch;
import java.io.IOException;
import java.io.InputStream;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The corners of HTTP/1.1's framing, against an upstream whose bytes the test writes. */
class ProtocolIT {
  private final EngineFixture proxy = new EngineFixture("client");
  private final Queue<String> heads = new ConcurrentLinkedQueue<>();
  private ServerSocket upstream;
  private volatile String answer = "";
  private volatile boolean closeAfterAnswer;

  @BeforeEach
  void start() throws IOException {
    upstream = new ServerSocket(0);
    proxy.apply(
        TestMesh.snapshot(
            1,
            List.of(TestMesh.outbound()),
            List.of(TestMesh.routes(Route.of("r", RouteMatch.ANY, RouteAction.Forward.to("raw")))),
            List.of(TestMesh.fixed("raw", upstream.getLocalPort())),
            List.of()));
    Thread.ofVirtual().start(this::accept);
  }

  @AfterEach
  void stop() throws IOException {
    proxy.close();
    upstream.close();
  }

  private void accept() {
    try {
      while (true) {
        Socket socket = upstream.accept();
        Thread.ofVirtual().start(() -> serve(socket));
      }
    } catch (IOException closed) {
      heads.add("closed");
    }
  }

  private void serve(Socket socket) {
    try (socket) {
      for (String head = head(socket.getInputStream());
          !head.isEmpty();
          head = head(socket.getInputStream())) {
        heads.add(head);
        socket.getOutputStream().write(answer.getBytes(StandardCharsets.ISO_8859_1));
        if (closeAfterAnswer) {
          return;
        }
        if (answer.startsWith("HTTP/1.1 101")) {
          socket.getInputStream().transferTo(socket.getOutputStream());
          return;
        }
      }
    } catch (IOException broken) {
      heads.add("broken");
    }
  }

  private static String head(InputStream in) throws IOException {
    StringBuilder head = new StringBuilder();
    for (int b = in.read(); b >= 0; b = in.read()) {
      head.append((char) b);
      if (head.toString().endsWith("\r\n\r\n")) {
        break;
      }
    }
    return head.toString();
  }

  private String exchange(String request) throws IOException {
    try (RawHttp raw = new RawHttp(proxy.address(TestMesh.OUT))) {
      return raw.send(request).readToEnd();
    }
  }

  @Test
  void readsAHeadThatComesInPieces() throws Exception {
    answer = "HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n";
    try (RawHttp raw = new RawHttp(proxy.address(TestMesh.OUT))) {
      raw.send("GET / HTTP/1.1\r\nHo");
      // Another connection's answer: the first piece has been read by then.
      exchange("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");
      raw.send("st: h\r\nx-late: 1\r\n");
      exchange("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");

      assertThat(raw.send("Connection: close\r\n\r\n").readToEnd()).startsWith("HTTP/1.1 200");
    }
  }

  @Test
  void passesAnswersWithoutBodies() throws Exception {
    answer = "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n";
    assertThat(exchange("HEAD / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"))
        .contains("Content-Length: 1000\r\n")
        .endsWith("\r\n\r\n")
        .doesNotContain("<timeout>");
    answer = "HTTP/1.1 204 No Content\r\n\r\n";
    assertThat(exchange("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"))
        .startsWith("HTTP/1.1 204 No Content\r\n")
        .doesNotContainIgnoringCase("content-length")
        .doesNotContain("<timeout>");
    answer = "HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\nContent-Length: 5\r\n\r\n";
    assertThat(exchange("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"))
        .startsWith("HTTP/1.1 304 Not Modified\r\nETag: \"x\"\r\n")
        .doesNotContain("<timeout>");
  }

  @Test
  void passesAnswersThatEndWithTheConnection() throws Exception {
    answer = "HTTP/1.1 200 OK\r\n\r\nall of it";
    closeAfterAnswer = true;

    assertThat(exchange("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"))
        .containsIgnoringCase("transfer-encoding: chunked\r\n")
        .endsWith("9\r\nall of it\r\n0\r\n\r\n");
    assertThat(exchange("GET / HTTP/1.0\r\nHost: h\r\n\r\n"))
        .doesNotContainIgnoringCase("chunked")
        .endsWith("\r\n\r\nall of it");
  }

  @Test
  void passesTrailers() throws Exception {
    answer =
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n";

    assertThat(exchange("GET / HTTP/1.1\r\nHost: h\r\nTE: trailers\r\nConnection: close\r\n\r\n"))
        .endsWith("2\r\nok\r\n0\r\nX-Sum: 1\r\n\r\n");
  }

  @Test
  void passesContinue() throws Exception {
    answer = "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";

    try (RawHttp raw = new RawHttp(proxy.address(TestMesh.OUT))) {
      raw.send("POST / HTTP/1.1\r\nHost: h\r\nExpect: 100-continue\r\nContent-Length: 0\r\n\r\n");

      assertThat(raw.readUntil("ok"))
          .startsWith("HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\n");
    }
  }

  @Test
  void upgradesToWebsocket() throws Exception {
    answer =
        "HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n";

    try (RawHttp raw = new RawHttp(proxy.address(TestMesh.OUT))) {
      raw.send(
          "GET /ws HTTP/1.1\r\nHost: h\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n"
              + "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n");
      assertThat(raw.readUntil("\r\n\r\n")).startsWith("HTTP/1.1 101 Switching Protocols\r\n");

      assertThat(raw.send("frame").readUntil("frame")).isEqualTo("frame");
    }
    assertThat(heads.peek()).containsIgnoringCase("upgrade: websocket\r\n");
  }

  @Test
  void endsTheClientsAnswerWhenTheUpstreamBreaksInTheMiddle() throws Exception {
    answer = "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\npart";
    closeAfterAnswer = true;

    assertThat(exchange("GET / HTTP/1.1\r\nHost: h\r\n\r\n"))
        .endsWith("part")
        .doesNotContain("<timeout>");
    Await.until(() -> assertThat(proxy.engine.metricsText()).contains("response_flags=\"UC\""));
  }

  @Test
  void refusesAnUpstreamThatBreaksItsProtocol() throws Exception {
    answer = "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!";

    assertThat(exchange("GET / HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n"))
        .startsWith("HTTP/1.1 502 ");
  }

  @Test
  void removesWhatIsMeantForOneHop() throws Exception {
    answer =
        "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nKeep-Alive: timeout=5\r\nConnection: x-hop\r\n"
            + "X-Hop: 1\r\n\r\nok";

    assertThat(
            exchange("GET / HTTP/1.1\r\nHost: h\r\nConnection: close, x-mine\r\nX-Mine: 1\r\n\r\n"))
        .doesNotContainIgnoringCase("x-hop")
        .doesNotContainIgnoringCase("keep-alive")
        .endsWith("ok");
    assertThat(heads.peek()).doesNotContainIgnoringCase("x-mine");
  }
}
