// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.flotilla.model.route.Route;
import io.flotilla.model.route.RouteAction;
import io.flotilla.model.route.RouteMatch;
import io.flotilla.proxy.SmugglingCase.Seen;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Requests made to be read in two ways. Behind the proxy stands Node's HTTP server, whose parser is
 * not ours, and all connections to it are kept: what it reads must be what was meant, and the next
 * request of somebody else must arrive as it is.
 */
class SmugglingIT {
  private static final AtomicInteger PROBES = new AtomicInteger();

  private static @TempDir Path folder;
  private static NodeBackend backend;
  private static RecordingRelay relay;
  private static EngineFixture proxy;

  @BeforeAll
  static void start() throws Exception {
    assumeTrue(NodeBackend.node().isPresent(), "Node is not installed (Debian: nodejs)");
    backend = new NodeBackend(folder);
    relay = new RecordingRelay(backend.port());
    proxy = new EngineFixture("edge");
    proxy.apply(
        TestMesh.snapshot(
            1,
            List.of(TestMesh.outbound()),
            List.of(TestMesh.routes(Route.of("r", RouteMatch.ANY, RouteAction.Forward.to("app")))),
            List.of(TestMesh.fixed("app", relay.port())),
            List.of()));
  }

  @AfterAll
  static void stop() throws Exception {
    if (proxy != null) {
      proxy.close();
      relay.close();
      backend.close();
    }
  }

  static List<SmugglingCase> http1() {
    return SmugglingCase.read("http1.txt");
  }

  static List<SmugglingCase> http2() {
    return SmugglingCase.read("http2.txt");
  }

  @ParameterizedTest
  @MethodSource
  void http1(SmugglingCase one) throws Exception {
    int before = backend.seen().size();
    try (RawHttp raw = new RawHttp(proxy.address(TestMesh.OUT))) {
      raw.send(one.bytes());
      if (one.expected().isEmpty() && !one.pending()) {
        String answer = raw.readToEnd();
        assertThat(answer).doesNotContain("<timeout>", "HTTP/1.1 2");
        assertThat(answer.split("HTTP/1\\.1 ", -1).length - 1).isLessThanOrEqualTo(1);
      }
      if (!one.expected().isEmpty()) {
        boolean head = one.expected().getFirst().method().equals("HEAD");
        String end = head ? "\r\n\r\n" : "\r\n\r\nok";
        String answers = "";
        do {
          answers += raw.readUntil(end);
        } while (!answers.contains("<timeout>") && count(answers, end) < one.expected().size());
        assertThat(answers).doesNotContain("<timeout>");
        assertThat(count(answers, "HTTP/1.1 200 ")).isEqualTo(one.expected().size());
      }
      judge(one, before);
    }
  }

  @ParameterizedTest
  @MethodSource
  void http2(SmugglingCase one) throws Exception {
    int before = backend.seen().size();
    try (RawHttp2 raw = new RawHttp2(proxy.address(TestMesh.OUT))) {
      byte[] body = one.body().getBytes(StandardCharsets.ISO_8859_1);
      List<SmugglingCase.Field> trailers = one.fields(true);
      boolean bare = body.length == 0 && trailers.isEmpty();
      raw.send(
          RawHttp2.HEADERS,
          RawHttp2.END_HEADERS | (bare ? RawHttp2.END_STREAM : 0),
          1,
          RawHttp2.block(one.fields(false)));
      if (!bare) {
        raw.send(RawHttp2.DATA, trailers.isEmpty() ? RawHttp2.END_STREAM : 0, 1, body);
      }
      if (!trailers.isEmpty()) {
        raw.send(
            RawHttp2.HEADERS,
            RawHttp2.END_HEADERS | RawHttp2.END_STREAM,
            1,
            RawHttp2.block(trailers));
      }
      List<RawHttp2.Frame> answer = raw.readUntil(f -> f.ends() || f.type() == RawHttp2.GOAWAY);
      assertThat(answer).isNotEmpty();
      RawHttp2.Frame last = answer.getLast();
      assertThat(last.ends() || last.type() == RawHttp2.GOAWAY).isTrue();
      judge(one, before);
    }
  }

  private static int count(String text, String part) {
    return text.split(Pattern.quote(part), -1).length - 1;
  }

  private static void judge(SmugglingCase one, int before) throws Exception {
    String probe = "/probe" + PROBES.incrementAndGet();
    try (RawHttp next = new RawHttp(proxy.address(TestMesh.OUT))) {
      next.send("GET " + probe + " HTTP/1.1\r\nHost: somebody\r\n\r\n");
      assertThat(next.readUntil("ok")).startsWith("HTTP/1.1 200 ").endsWith("ok");
    }
    Await.until(
        () ->
            assertThat(backend.seen())
                .anyMatch(s -> s.target().equals(probe) && s.host().equals("somebody")));
    List<Seen> all = backend.seen();
    List<Seen> seen = all.subList(before, all.size());
    List<Seen> meant = new ArrayList<>(one.expected());
    meant.add(new Seen("GET", probe, "somebody", ""));
    assertThat(seen).hasSameSizeAs(meant);
    for (int i = 0; i < meant.size(); i++) {
      assertThat(meant.get(i).fits(seen.get(i)))
          .as("meant %s, but the backend read %s", meant.get(i), seen.get(i))
          .isTrue();
    }
    assertThat(relay.sent()).allMatch(SmugglingIT::hasWholeLines);
  }

  // Whatever else a backend takes for the end of a line, it finds none.
  private static boolean hasWholeLines(String sent) {
    return !sent.replace("\r\n", "").chars().anyMatch(c -> c == '\r' || c == '\n' || c == 0);
  }

  @Test
  void hasEnoughOfEachTechnique() {
    List<SmugglingCase> all = Stream.concat(http1().stream(), http2().stream()).toList();
    Map<String, Long> techniques =
        all.stream()
            .collect(Collectors.groupingBy(SmugglingCase::technique, Collectors.counting()));

    assertThat(all).hasSizeGreaterThanOrEqualTo(200);
    assertThat(techniques.values()).allMatch(n -> n >= 5);
  }
}
