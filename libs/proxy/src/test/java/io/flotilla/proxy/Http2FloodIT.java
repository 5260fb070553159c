// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.model.route.Route;
import io.flotilla.model.route.RouteAction;
import io.flotilla.model.route.RouteMatch;
import io.flotilla.proxy.SmugglingCase.Field;
import java.io.ByteArrayOutputStream;
import java.net.SocketException;
import java.util.List;
import java.util.function.IntFunction;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Frames that cost a server more than their sender: the connection ends with ENHANCE_YOUR_CALM, it
 * is counted, and nobody else notices.
 */
class Http2FloodIT {
  private static final int ENHANCE_YOUR_CALM = 11;
  private static final int FRAMES = 20_000;
  private static final byte[] NOTHING = new byte[0];
  private static final byte[] GET =
      RawHttp2.block(
          List.of(
              new Field(":method", "GET"),
              new Field(":scheme", "http"),
              new Field(":path", "/"),
              new Field(":authority", "h")));
  private static final byte[] BAD = RawHttp2.block(List.of(new Field(":method", "GET")));

  private final EchoApp app = new EchoApp("app");
  private final EngineFixture proxy = new EngineFixture("edge");

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

  /** The n-th part of a flood; what comes before it is sent once. */
  private static Arguments flood(String kind, byte[] before, IntFunction<byte[]> part) {
    return Arguments.of(kind, before, part);
  }

  private static byte[] frame(int type, int flags, int stream, byte... payload) {
    return RawHttp2.frame(type, flags, stream, payload);
  }

  private static byte[] both(byte[] first, byte[] second) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    out.writeBytes(first);
    out.writeBytes(second);
    return out.toByteArray();
  }

  private static byte[] head(int flags, int stream) {
    return frame(RawHttp2.HEADERS, flags, stream, GET);
  }

  static Stream<Arguments> floods() {
    int whole = RawHttp2.END_HEADERS | RawHttp2.END_STREAM;
    return Stream.of(
        flood(
            "reset",
            NOTHING,
            n ->
                both(
                    head(whole, 2 * n + 1),
                    frame(
                        RawHttp2.RST_STREAM,
                        0,
                        2 * n + 1,
                        (byte) 0,
                        (byte) 0,
                        (byte) 0,
                        (byte) 8))),
        flood("reset", NOTHING, n -> frame(RawHttp2.HEADERS, whole, 2 * n + 1, BAD)),
        flood("reset", NOTHING, n -> frame(RawHttp2.HEADERS, whole, 2 * n + 1)),
        flood(
            "continuation",
            frame(RawHttp2.HEADERS, 0, 1, GET),
            n -> frame(RawHttp2.CONTINUATION, 0, 1)),
        flood("ping", NOTHING, n -> frame(RawHttp2.PING, 0, 0, new byte[8])),
        flood("ping", NOTHING, n -> frame(RawHttp2.PING, 1, 0, new byte[8])),
        flood("settings", NOTHING, n -> frame(RawHttp2.SETTINGS, 0, 0)),
        flood(
            "priority",
            NOTHING,
            n ->
                frame(
                    RawHttp2.PRIORITY,
                    0,
                    2 * n + 1,
                    (byte) 0,
                    (byte) 0,
                    (byte) 0,
                    (byte) 0,
                    (byte) 9)),
        flood(
            "window_update",
            NOTHING,
            n -> frame(RawHttp2.WINDOW_UPDATE, 0, 0, (byte) 0, (byte) 0, (byte) 0, (byte) 1)),
        flood("empty_frames", head(RawHttp2.END_HEADERS, 1), n -> frame(RawHttp2.DATA, 0, 1)),
        flood("unknown", NOTHING, n -> frame(0x42, 0, 0, new byte[4])));
  }

  @ParameterizedTest
  @MethodSource("floods")
  void endsTheConnection(String kind, byte[] before, IntFunction<byte[]> part) throws Exception {
    try (RawHttp2 raw = new RawHttp2(proxy.address(TestMesh.OUT))) {
      ByteArrayOutputStream all = new ByteArrayOutputStream();
      all.writeBytes(before);
      for (int n = 0; n < FRAMES; n++) {
        all.writeBytes(part.apply(n));
      }
      Thread.ofVirtual().start(() -> flood(raw, all.toByteArray()));

      List<RawHttp2.Frame> answer = raw.readUntil(f -> f.type() == RawHttp2.GOAWAY);

      assertThat(answer).isNotEmpty();
      assertThat(answer.getLast().type()).isEqualTo(RawHttp2.GOAWAY);
      assertThat(answer.getLast().error()).isEqualTo(ENHANCE_YOUR_CALM);
      assertThat(raw.readUntil(f -> false)).isEmpty();
    }
    Await.until(
        () ->
            assertThat(proxy.engine.metricsText())
                .contains("flotilla_http2_floods{kind=\"" + kind + "\"} 1\n"));
    assertThat(proxy.get("/").statusCode()).isEqualTo(200);
  }

  private static void flood(RawHttp2 to, byte[] frames) {
    try {
      to.send(frames);
    } catch (SocketException ended) {
      // As it should.
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }

  @Test
  void letsHonestClientsPingForTheirData() throws Exception {
    try (RawHttp2 raw = new RawHttp2(proxy.address(TestMesh.OUT))) {
      for (int n = 0; n < 3_000; n++) {
        raw.send(head(RawHttp2.END_HEADERS, 2 * n + 1));
        raw.send(RawHttp2.PING, 0, 0, new byte[8]);
        raw.send(RawHttp2.DATA, RawHttp2.END_STREAM, 2 * n + 1, new byte[] {1});
        int stream = 2 * n + 1;
        List<RawHttp2.Frame> answer = raw.readUntil(f -> f.ends() && f.stream() == stream);
        assertThat(answer).noneMatch(f -> f.type() == RawHttp2.GOAWAY);
        raw.send(RawHttp2.WINDOW_UPDATE, 0, 0, new byte[] {0, 0, 2, 0});
      }
    }
  }
}
