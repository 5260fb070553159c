// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.traffic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;

import io.flotilla.contract.telemetry.Edge;
import io.flotilla.contract.telemetry.GetGraphResponse;
import io.flotilla.telemetry.ConfigFixture;
import io.flotilla.telemetry.IstioExporter;
import io.flotilla.telemetry.MeshMetricsResource;
import io.flotilla.telemetry.RealPrometheus;
import io.flotilla.telemetry.metric.MetricWindow;
import io.flotilla.telemetry.scrape.ScraperFixture;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToDoubleFunction;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The graph over a real Prometheus is the graph over our own window of the same targets. */
class PrometheusGraphIT {
  private static final int SECONDS = 10;

  @TempDir Path folder;

  private static Map<String, Double> byEdge(GetGraphResponse graph, ToDoubleFunction<Edge> figure) {
    Map<String, Double> figures = new TreeMap<>();
    for (Edge edge : graph.getEdgesList()) {
      figures.put(
          edge.getSource().getName() + " " + edge.getDestination().getName(),
          figure.applyAsDouble(edge));
    }
    return figures;
  }

  @Test
  void givesTheSameEdges() throws Exception {
    Assumptions.assumeTrue(
        Files.isExecutable(RealPrometheus.BINARY),
        "no " + RealPrometheus.BINARY + ": install the Debian package prometheus");
    Path targets = folder.resolve("targets.json");
    try (IstioExporter exporter = new IstioExporter()) {
      Files.writeString(targets, MeshMetricsResource.fileSd(exporter.address()));
      MetricWindow window = new MetricWindow(Duration.ofMinutes(5), Duration.ofSeconds(1), 10_000);
      try (RealPrometheus prometheus = RealPrometheus.start(targets);
          ScraperFixture scraper = new ScraperFixture(targets, window)) {
        TrafficGraph real =
            new TrafficGraph(new PrometheusQueries(prometheus.url(), Duration.ofSeconds(5)));
        TrafficGraph ours = new TrafficGraph(new WindowQueries(window, scraper.scraper()));
        await().atMost(Duration.ofSeconds(30)).until(prometheus::ready);
        await()
            .atMost(Duration.ofSeconds(60))
            .until(
                () ->
                    real.now(60).getEdgesCount() == 5
                        && prometheus
                                .query("count_over_time(up[1m])", System.currentTimeMillis() / 1e3)
                                .path("result")
                                .get(0)
                                .path("value")
                                .get(1)
                                .asInt()
                            > SECONDS + 2);

        GetGraphResponse expected = real.now(SECONDS);
        GetGraphResponse actual = ours.now(SECONDS);

        assertThat(expected.getSource()).isEqualTo("prometheus");
        assertThat(actual.getSource()).isEqualTo("window");
        assertSame(
            byEdge(expected, Edge::getRequestRate), byEdge(actual, Edge::getRequestRate), 0.05);
        assertSame(byEdge(expected, Edge::getErrorRate), byEdge(actual, Edge::getErrorRate), 0.02);
        assertSame(byEdge(expected, Edge::getMtlsShare), byEdge(actual, Edge::getMtlsShare), 0.02);
        assertSame(byEdge(expected, Edge::getP50Millis), byEdge(actual, Edge::getP50Millis), 0.02);
        assertSame(byEdge(expected, Edge::getP99Millis), byEdge(actual, Edge::getP99Millis), 0.02);
        assertSame(
            byEdge(expected, Edge::getSentBytesRate), byEdge(actual, Edge::getSentBytesRate), 0.05);
      }
    }
  }

  private static void assertSame(
      Map<String, Double> expected, Map<String, Double> actual, double tolerance) {
    assertThat(actual.keySet()).isEqualTo(expected.keySet());
    expected.forEach(
        (edge, value) -> {
          if (Double.isNaN(value)) {
            assertThat(actual.get(edge)).as(edge).isNaN();
          } else {
            assertThat(actual.get(edge))
                .as(edge)
                .isCloseTo(value, within(tolerance * (0.1 + Math.abs(value))));
          }
        });
  }

  @Test
  void saysWhenThePrometheusServerIsAway() {
    TrafficGraph graph =
        new TrafficGraph(new PrometheusQueries("http://127.0.0.1:1", Duration.ofSeconds(2)));

    assertThatThrownBy(() -> graph.now(60))
        .isInstanceOf(MetricQueries.UnavailableException.class)
        .hasMessageContaining("Nothing listens at http://127.0.0.1:1")
        .hasMessageContaining("flotilla.telemetry.prometheus.url");
    assertThat(ConfigFixture.of(Map.of()).prometheus().url()).isEmpty();
  }
}
