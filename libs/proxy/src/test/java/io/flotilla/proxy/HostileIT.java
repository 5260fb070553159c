// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.model.route.Route;
import io.flotilla.model.route.RouteAction;
import io.flotilla.model.route.RouteMatch;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** What no well-behaved client sends. */
class HostileIT {
  private final EchoApp app = new EchoApp("app");
  private final EngineFixture proxy = new EngineFixture("client");

  @BeforeEach
  void start() {
    proxy.apply(
        TestMesh.snapshot(
            1,
            List.of(TestMesh.outbound()),
            List.of(TestMesh.routes(Route.of("r", RouteMatch.ANY, RouteAction.Forward.to("app")))),
            List.of(TestMesh.fixed("app", app.port())),
            List.of()));
  }

  @AfterEach
  void stop() {
    proxy.close();
    app.close();
  }

  @Test
  void doesNotPassHalfABodyForAWholeOne() throws Exception {
    try (RawHttp raw = new RawHttp(proxy.address(TestMesh.OUT))) {
      String answer =
          raw.send(
                  "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n"
                      + "5\r\nabcde\r\nZZ\r\n")
              .readToEnd();

      assertThat(answer).startsWith("HTTP/1.1 400 ").doesNotContain("app=app", "<timeout>");
    }
    Await.until(() -> assertThat(proxy.records()).hasSize(1));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: +5\r\n\r\nhello",
        "POST / HTTP/1.1\r\nHost: h\r\nContent-Length: 5, 5\r\n\r\nhello",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: xchunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.1\r\nHost: h\r\nTransfer-Encoding : chunked\r\n\r\n0\r\n\r\n",
        "POST / HTTP/1.0\r\nHost: h\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n",
        "GET / HTTP/1.1\r\n\r\n",
        "GET / HTTP/1.1\r\nHost: h\r\nbad name: x\r\n\r\n",
        "GET /a b HTTP/1.1\r\nHost: h\r\n\r\n",
        "GET /../../etc HTTP/1.1\r\nHost: h\r\n\r\n",
        "GARBAGE\r\n\r\n",
      })
  void refusesAmbiguousOrMalformedRequests(String request) throws Exception {
    try (RawHttp raw = new RawHttp(proxy.address(TestMesh.OUT))) {
      assertThat(raw.send(request).readToEnd())
          .startsWith("HTTP/1.1 400 ")
          .doesNotContain("<timeout>");
    }
    assertThat(app.requests()).isZero();
  }

  @Test
  void refusesHeadsBeyondTheLimit() throws Exception {
    try (RawHttp raw = new RawHttp(proxy.address(TestMesh.OUT))) {
      raw.send("GET / HTTP/1.1\r\nHost: h\r\nx: " + "y".repeat(70_000) + "\r\n\r\n");

      assertThat(raw.readToEnd()).startsWith("HTTP/1.1 431 ");
    }
  }

  @Test
  void answersPipelinedRequestsInOrder() throws Exception {
    try (RawHttp raw = new RawHttp(proxy.address(TestMesh.OUT))) {
      raw.send(
          "GET /1 HTTP/1.1\r\nHost: h\r\n\r\nGET /2 HTTP/1.1\r\nHost: h\r\n\r\n"
              + "GET /3 HTTP/1.1\r\nHost: h\r\nConnection: close\r\n\r\n");

      assertThat(raw.readToEnd().replaceAll("(?s).*?GET /(\\d)", "$1").substring(0, 3))
          .isEqualTo("123");
    }
  }

  @Test
  void takesHeadsInPieces() throws Exception {
    try (RawHttp raw = new RawHttp(proxy.address(TestMesh.OUT))) {
      for (String piece :
          "GE,T /x,y HTTP/1.,1\r\n,Ho,st: h\r,\n,Connection: close\r\n\r,\n".split(",")) {
        raw.send(piece);
      }

      assertThat(raw.readToEnd()).startsWith("HTTP/1.1 200 ").contains("GET /xy\n");
    }
  }

  @Test
  void takesAbsoluteTargets() throws Exception {
    try (RawHttp raw = new RawHttp(proxy.address(TestMesh.OUT))) {
      raw.send(
          "GET http://reviews:9080/x?y HTTP/1.1\r\nHost: ignored\r\nConnection: close\r\n\r\n");

      assertThat(raw.readToEnd()).contains("GET /x?y\n").contains("host: reviews:9080\n");
    }
  }

  @Test
  void endsConnectionsWhoseHeadNeverEnds() throws Exception {
    try (RawHttp raw = new RawHttp(proxy.address(TestMesh.OUT))) {
      raw.send("GET / HTTP/1.1\r\nHost: h\r\n");

      Await.until(() -> assertThat(raw.readToEnd()).doesNotContain("<timeout>"));
    }
  }
}
