// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.scrape;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.awaitility.Awaitility.await;

import com.sun.net.httpserver.HttpServer;
import io.flotilla.telemetry.ConfigFixture;
import io.flotilla.telemetry.metric.LabelMatcher;
import io.flotilla.telemetry.metric.Labels;
import io.flotilla.telemetry.metric.MetricWindow;
import io.flotilla.telemetry.metric.SeriesSlice;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ScraperIT {
  private static final Duration SOON = Duration.ofSeconds(20);

  @TempDir Path folder;
  private final List<AutoCloseable> opened = new ArrayList<>();
  private final MetricWindow window =
      new MetricWindow(Duration.ofMinutes(1), Duration.ofSeconds(1), 1_000);

  @AfterEach
  void close() throws Exception {
    for (AutoCloseable each : opened.reversed()) {
      each.close();
    }
  }

  /** Answers every request with this body; gives "host:port". */
  private String target(String body) throws IOException {
    HttpServer server =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    server.createContext(
        "/stats/prometheus",
        exchange -> {
          byte[] bytes = body.getBytes(UTF_8);
          exchange.sendResponseHeaders(200, bytes.length);
          exchange.getResponseBody().write(bytes);
          exchange.close();
        });
    server.start();
    opened.add(() -> server.stop(0));
    return "127.0.0.1:" + server.getAddress().getPort();
  }

  private Scraper scraper(Map<String, String> settings) {
    Map<String, String> all = new HashMap<>(Map.of("flotilla.telemetry.scrape.interval", "1s"));
    settings.forEach((k, v) -> all.put("flotilla.telemetry.scrape." + k, v));
    Scraper scraper = new Scraper(ConfigFixture.of(all), window, new SimpleMeterRegistry());
    scraper.start(new StartupEvent());
    opened.add(() -> scraper.stop(new ShutdownEvent()));
    return scraper;
  }

  private List<SeriesSlice> select(String name) {
    return window.select(
        List.of(new LabelMatcher(Labels.NAME, LabelMatcher.Kind.EQUAL, name)), 0, Long.MAX_VALUE);
  }

  /** The latest value of "up" by instance; absent where it is stale. */
  private Map<String, Double> up() {
    Map<String, Double> up = new HashMap<>();
    for (SeriesSlice slice : select("up")) {
      double last = slice.values()[slice.values().length - 1];
      if (!SeriesSlice.isStale(last)) {
        up.put(slice.labels().get("instance"), last);
      }
    }
    return up;
  }

  @Test
  void keepsTheWantedMetricsWithTheTargetsLabels() throws Exception {
    String target = target("istio_requests_total{job=\"x\"} 5\nenvoy_cluster 1\n");
    scraper(Map.of("targets", target));

    await().atMost(SOON).until(() -> !select("istio_requests_total").isEmpty());

    Labels labels = select("istio_requests_total").getFirst().labels();
    assertThat(labels.get("instance")).isEqualTo(target);
    assertThat(labels.get("job")).isEqualTo("flotilla");
    assertThat(labels.get("exported_job")).isEqualTo("x");
    assertThat(select("envoy_cluster")).isEmpty();
    assertThat(up()).containsExactly(Map.entry(target, 1.0));
  }

  @Test
  void followsTheFileOfTargetsAndKeepsTheLastGoodOne() throws Exception {
    String one = target("istio_a 1\n");
    String two = target("istio_b 1\n");
    Path file = folder.resolve("targets.json");
    scraper(Map.of("file", file.toString()));
    assertThat(up()).isEmpty();

    Files.writeString(file, "[{\"targets\":[\"" + one + "\"],\"labels\":{\"zone\":\"z\"}}]");
    await().atMost(SOON).until(() -> up().equals(Map.of(one, 1.0)));
    assertThat(select("istio_a").getFirst().labels().get("zone")).isEqualTo("z");

    Files.writeString(file, "[{\"targets\":[\"" + two + "\"]}]");
    await().atMost(SOON).until(() -> up().equals(Map.of(two, 1.0)));
    assertThat(
            SeriesSlice.isStale(
                select("istio_a")
                    .getFirst()
                    .values()[select("istio_a").getFirst().values().length - 1]))
        .isTrue();

    Files.writeString(file, "[{\"targets\":");
    int before = select("istio_b").getFirst().values().length;
    await().atMost(SOON).until(() -> select("istio_b").getFirst().values().length >= before + 3);
    assertThat(up()).containsExactly(Map.entry(two, 1.0));
  }

  @Test
  void namesWhatEachFailingTargetDoesWrong() throws Exception {
    String garbage = target("<html>no metrics</html>");
    String large = target("# " + "x".repeat(200_000) + "\n");
    ServerSocket silent = new ServerSocket(0, 10, InetAddress.getLoopbackAddress());
    opened.add(silent);
    String never = "127.0.0.1:" + silent.getLocalPort();
    String good = target("istio_a 1\n");
    Scraper scraper =
        scraper(
            Map.of(
                "targets",
                String.join(",", garbage, large, never, good, "127.0.0.1:1"),
                "max-bytes",
                "100000"));

    await().atMost(SOON).until(() -> scraper.failing().size() == 4 && up().size() == 5);

    assertThat(scraper.failing().get(garbage)).contains("line 1");
    assertThat(scraper.failing().get(large)).contains("more than 100000 bytes");
    assertThat(scraper.failing().get(never)).isNotEmpty();
    assertThat(scraper.failing().get("127.0.0.1:1")).isEqualTo("nothing listens there");
    assertThat(up()).containsEntry(good, 1.0).containsEntry(garbage, 0.0);
  }

  @Test
  void refusesWrongSettingsByName() {
    assertThatThrownBy(() -> scraper(Map.of("interval", "10ms")))
        .hasMessageContaining("flotilla.telemetry.scrape.interval");
    assertThatThrownBy(() -> scraper(Map.of("targets", "ftp://x")))
        .hasMessageContaining("'ftp://x' is no address to scrape");
  }
}
