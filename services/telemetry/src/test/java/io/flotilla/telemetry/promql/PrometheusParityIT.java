// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.promql;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import com.fasterxml.jackson.databind.JsonNode;
import io.flotilla.telemetry.IstioExporter;
import io.flotilla.telemetry.MeshMetricsResource;
import io.flotilla.telemetry.RealPrometheus;
import io.flotilla.telemetry.metric.Labels;
import io.flotilla.telemetry.metric.MetricWindow;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.SortedMap;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * A real Prometheus scrapes a mesh's metrics; its raw samples are put into our window, and both are
 * asked the same. The numbers must be equal, since both saw the same samples at the same times.
 */
class PrometheusParityIT {
  @TempDir static Path folder;
  private static IstioExporter exporter;
  private static RealPrometheus prometheus;
  private static QueryEngine engine;
  private static double now;

  @BeforeAll
  static void scrapeForSomeSeconds() throws Exception {
    Assumptions.assumeTrue(
        Files.isExecutable(RealPrometheus.BINARY),
        "no " + RealPrometheus.BINARY + ": install the Debian package prometheus");
    exporter = new IstioExporter();
    Path targets = folder.resolve("targets.json");
    Files.writeString(targets, MeshMetricsResource.fileSd(exporter.address()));
    prometheus = RealPrometheus.start(targets);
    await().atMost(Duration.ofSeconds(30)).until(prometheus::ready);
    await()
        .atMost(Duration.ofSeconds(60))
        .until(
            () -> {
              JsonNode result =
                  prometheus
                      .query("count_over_time(up[1m])", System.currentTimeMillis() / 1e3)
                      .path("result");
              return !result.isEmpty() && result.get(0).path("value").get(1).asInt() >= 16;
            });
    now = System.currentTimeMillis() / 1e3;
    engine = new QueryEngine(copied());
  }

  @AfterAll
  static void stop() throws Exception {
    if (prometheus != null) {
      prometheus.close();
    }
    if (exporter != null) {
      exporter.close();
    }
  }

  /** The samples that Prometheus holds, scrape by scrape. */
  private static MetricWindow copied() throws Exception {
    SortedMap<Long, List<MetricWindow.Sample>> scrapes = new TreeMap<>();
    Map<String, Labels> names = new HashMap<>();
    for (JsonNode series :
        prometheus.query("{__name__=~\"istio_.*|up\"}[5m]", now).path("result")) {
      Labels labels = labels(series.path("metric"));
      names.put(labels.toString(), labels);
      for (JsonNode point : series.path("values")) {
        scrapes
            .computeIfAbsent(Math.round(point.get(0).asDouble() * 1_000), t -> new ArrayList<>())
            .add(new MetricWindow.Sample(labels.toString(), number(point.get(1).asText())));
      }
    }
    MetricWindow window = new MetricWindow(Duration.ofMinutes(5), Duration.ofSeconds(1), 10_000);
    MetricWindow.Target target = window.open();
    scrapes.forEach((time, samples) -> window.append(target, time, samples, names::get));
    return window;
  }

  private static Labels labels(JsonNode metric) {
    Map<String, String> labels = new HashMap<>();
    metric.properties().forEach(e -> labels.put(e.getKey(), e.getValue().asText()));
    return Labels.of(labels);
  }

  private static double number(String text) {
    return switch (text) {
      case "+Inf" -> Double.POSITIVE_INFINITY;
      case "-Inf" -> Double.NEGATIVE_INFINITY;
      default -> Double.parseDouble(text);
    };
  }

  private static SortedMap<Labels, Double> real(String query) throws Exception {
    SortedMap<Labels, Double> result = new TreeMap<>();
    JsonNode data = prometheus.query(query, now);
    if (data.path("resultType").asText().equals("scalar")) {
      result.put(Labels.NONE, number(data.path("result").get(1).asText()));
      return result;
    }
    for (JsonNode series : data.path("result")) {
      result.put(labels(series.path("metric")), number(series.path("value").get(1).asText()));
    }
    return result;
  }

  private static SortedMap<Labels, Double> ours(String query) throws Exception {
    SortedMap<Labels, Double> result = new TreeMap<>();
    switch (engine.instant(query, Math.round(now * 1_000))) {
      case Value.Scalar(double value) -> result.put(Labels.NONE, value);
      case Value.Vector(List<Value.Sample> samples) ->
          samples.forEach(s -> result.put(s.labels(), s.value()));
      case Value.Text t -> throw new AssertionError(t);
    }
    return result;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "sum(rate(istio_requests_total{reporter=\"destination\"}[1m])) by (destination_workload, response_code)",
        "istio_requests_total",
        "istio_gauge",
        "istio_gauge offset 10s",
        "rate(istio_requests_total[10s])",
        "increase(istio_requests_total[10s])",
        "irate(istio_requests_total{response_code=~\"5..\"}[10s])",
        "rate(istio_restarted_total[15s])",
        "increase(istio_restarted_total[1m])",
        "delta(istio_restarted_total[10s])",
        "sum(rate(istio_requests_total{response_code!~\"5..\"}[10s])) / sum(rate(istio_requests_total[10s]))",
        "sum(rate(istio_requests_total[10s])) by (reporter) > 600",
        "sum without (response_code, response_flags) (rate(istio_requests_total[10s]))",
        "avg(rate(istio_requests_total[10s])) by (source_workload)",
        "max(istio_requests_total) by (reporter) - min(istio_requests_total) by (reporter)",
        "count(istio_requests_total) by (response_code)",
        "histogram_quantile(0.5, sum(rate(istio_request_duration_milliseconds_bucket[10s])) by (le, reporter))",
        "histogram_quantile(0.99, sum(rate(istio_request_duration_milliseconds_bucket[1m])) by (le, destination_workload))",
        "histogram_quantile(0.95, istio_request_duration_milliseconds_bucket)",
        "rate(istio_requests_total{reporter=\"source\"}[10s]) / ignoring(reporter, connection_security_policy) rate(istio_requests_total{reporter=\"destination\"}[10s])",
        "sum by (destination_workload) (rate(istio_requests_total{response_code=\"500\"}[10s])) / on(destination_workload) sum by (destination_workload) (rate(istio_requests_total[10s])) * 100",
        "istio_requests_total and on(destination_workload) istio_requests_total{response_code=\"500\"}",
        "istio_requests_total unless istio_requests_total{response_code=\"200\"}",
        "sum(istio_gauge) or vector(0)",
        "topk(2, rate(istio_requests_total[10s]))",
        "sum_over_time(istio_gauge[10s])",
        "avg_over_time(istio_restarted_total[10s])",
        "min_over_time(istio_restarted_total[20s]) + max_over_time(istio_restarted_total[20s])",
        "count_over_time(istio_gauge[1m])",
        "scalar(sum(up)) * 2 ^ 3 - 1",
        "sum(rate(istio_tcp_sent_bytes_total[10s])) by (destination_workload)",
        "round(rate(istio_requests_total[10s]), 10)",
        "clamp_max(rate(istio_requests_total[10s]), 150)",
        "label_replace(sum by (destination_service) (istio_requests_total), \"host\", \"$1\", \"destination_service\", \"([^.]+)[.].*\")",
        "-sum(istio_requests_total) % 7",
        "istio_requests_total > bool 2000",
      })
  void givesTheNumbersOfARealPrometheus(String query) throws Exception {
    SortedMap<Labels, Double> expected = real(query);

    SortedMap<Labels, Double> actual = ours(query);

    assertThat(expected).as("the real Prometheus' own answer to " + query).isNotEmpty();
    assertThat(actual.keySet()).isEqualTo(expected.keySet());
    expected.forEach(
        (labels, value) -> {
          double got = actual.get(labels);
          if (Double.isNaN(value)) {
            assertThat(got).isNaN();
          } else {
            assertThat(got)
                .as(labels.toString())
                .isCloseTo(
                    value, org.assertj.core.api.Assertions.within(1e-6 * (1 + Math.abs(value))));
          }
        });
  }
}
