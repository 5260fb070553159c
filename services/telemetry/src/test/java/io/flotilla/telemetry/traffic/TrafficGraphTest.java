// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.traffic;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.flotilla.contract.telemetry.Edge;
import io.flotilla.contract.telemetry.GetGraphResponse;
import io.flotilla.telemetry.metric.Labels;
import io.flotilla.telemetry.metric.MetricWindow;
import io.flotilla.telemetry.promql.PromQlException;
import io.flotilla.telemetry.promql.QueryEngine;
import io.flotilla.telemetry.promql.Value;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;

class TrafficGraphTest {
  private static final long NOW = 1_700_000_060_000L;

  private final MetricWindow window =
      new MetricWindow(Duration.ofMinutes(5), Duration.ofSeconds(5), 1_000);

  private final TrafficGraph graph =
      new TrafficGraph(
          new MetricQueries() {
            @Override
            public List<Value.Sample> vector(String query) throws UnavailableException {
              try {
                return ((Value.Vector) new QueryEngine(window).instant(query, NOW)).samples();
              } catch (PromQlException e) {
                throw new UnavailableException(e.sentence());
              }
            }

            @Override
            public List<String> unreachable() {
              return List.of("127.10.0.9:15020: nothing listens there");
            }

            @Override
            public String source() {
              return "window";
            }
          });

  private record Growth(Labels labels, double perSecond) {}

  private final List<Growth> series = new ArrayList<>();

  private void grows(String metric, double perSecond, String... labels) {
    Map<String, String> all = new TreeMap<>();
    all.put(Labels.NAME, metric);
    for (int i = 0; i < labels.length; i += 2) {
      all.put(labels[i], labels[i + 1]);
    }
    series.add(new Growth(Labels.of(all), perSecond));
  }

  private void requests(
      double perSecond,
      String reporter,
      String source,
      String destination,
      String code,
      String flags,
      String... more) {
    List<String> labels =
        new ArrayList<>(
            List.of(
                "reporter",
                reporter,
                "source_workload",
                source,
                "source_workload_namespace",
                "default",
                "destination_workload",
                destination,
                "destination_workload_namespace",
                "default",
                "destination_service",
                "reviews.default.svc.cluster.local",
                "request_protocol",
                "http",
                "response_code",
                code,
                "response_flags",
                flags,
                "source_canonical_service",
                source));
    labels.addAll(List.of(more));
    grows("istio_requests_total", perSecond, labels.toArray(String[]::new));
  }

  private GetGraphResponse computed() throws Exception {
    MetricWindow.Target target = window.open();
    for (int i = 0; i <= 12; i++) {
      List<MetricWindow.Sample> samples = new ArrayList<>();
      for (int k = 0; k < series.size(); k++) {
        samples.add(
            new MetricWindow.Sample(
                Integer.toString(k), 1_000_000 + series.get(k).perSecond() * 5 * i));
      }
      window.append(
          target,
          NOW - 60_000 + i * 5_000L,
          samples,
          text -> series.get(Integer.parseInt(text)).labels());
    }
    return graph.now(60);
  }

  private static Edge only(GetGraphResponse graph) {
    assertThat(graph.getEdgesList()).hasSize(1);
    return graph.getEdges(0);
  }

  @Test
  void takesTheDestinationsWordAndCountsARequestOnce() throws Exception {
    requests(
        8,
        "destination",
        "productpage",
        "reviews",
        "200",
        "-",
        "connection_security_policy",
        "mutual_tls");
    requests(
        2,
        "destination",
        "productpage",
        "reviews",
        "500",
        "-",
        "connection_security_policy",
        "mutual_tls");
    requests(8, "source", "productpage", "reviews", "200", "-");
    requests(2, "source", "productpage", "reviews", "500", "-");

    Edge edge = only(computed());

    assertThat(edge.getRequestRate()).isCloseTo(10, within(1e-6));
    assertThat(edge.getErrorRate()).isCloseTo(0.2, within(1e-6));
    assertThat(edge.getMtlsShare()).isCloseTo(1, within(1e-6));
    assertThat(edge.getSource().getName()).isEqualTo("productpage");
    assertThat(edge.getSource().getCanonicalService()).isEqualTo("productpage");
    assertThat(edge.getDestinationService()).isEqualTo("reviews.default.svc.cluster.local");
    assertThat(edge.getResponsesMap()).containsOnlyKeys("200", "500");
    assertThat(edge.getP50Millis()).isNaN();
  }

  @Test
  void addsFromTheSourceWhatNeverArrived() throws Exception {
    requests(9, "destination", "productpage", "reviews", "200", "-");
    requests(9, "source", "productpage", "reviews", "200", "-");
    requests(1, "source", "productpage", "reviews", "503", "URX,UF");

    Edge edge = only(computed());

    assertThat(edge.getRequestRate()).isCloseTo(10, within(1e-6));
    assertThat(edge.getErrorRate()).isCloseTo(0.1, within(1e-6));
    assertThat(edge.getResponsesMap()).containsOnlyKeys("200", "503");
  }

  @Test
  void takesTheSourcesWordForADestinationWithoutAProxy() throws Exception {
    requests(4, "source", "productpage", "legacy", "200", "-");
    requests(1, "source", "productpage", "unknown", "503", "UH");

    GetGraphResponse graph = computed();

    assertThat(graph.getEdgesList()).hasSize(2);
    assertThat(graph.getEdgesList())
        .extracting(e -> e.getDestination().getName())
        .containsExactlyInAnyOrder("legacy", "unknown");
    assertThat(graph.getUnreachableList())
        .containsExactly("127.10.0.9:15020: nothing listens there");
    assertThat(graph.getSource()).isEqualTo("window");
  }

  @Test
  void aStreamWithoutAnAnswerAndAFailedCallAreErrors() throws Exception {
    requests(1, "destination", "a", "reviews", "0", "DC");
    requests(
        1,
        "destination",
        "b",
        "reviews",
        "200",
        "-",
        "grpc_response_status",
        "14",
        "request_protocol",
        "grpc");
    requests(1, "destination", "c", "reviews", "404", "-");

    Map<String, Double> errors = new TreeMap<>();
    computed().getEdgesList().forEach(e -> errors.put(e.getSource().getName(), e.getErrorRate()));

    assertThat(errors)
        .containsExactly(Map.entry("a", 1.0), Map.entry("b", 1.0), Map.entry("c", 0.0));
  }

  @Test
  void anIdleEdgeIsNotDrawn() throws Exception {
    requests(0, "destination", "a", "reviews", "200", "-");

    assertThat(computed().getEdgesList()).isEmpty();
  }

  @Test
  void readsBytesOfTcp() throws Exception {
    for (String metric : List.of("istio_tcp_sent_bytes_total", "istio_tcp_received_bytes_total")) {
      grows(
          metric,
          metric.contains("sent") ? 100 : 10,
          "reporter",
          "destination",
          "source_workload",
          "ratings",
          "destination_workload",
          "mongodb",
          "destination_service",
          "mongodb",
          "connection_security_policy",
          "mutual_tls");
    }

    Edge edge = only(computed());

    assertThat(edge.getProtocol()).isEqualTo("tcp");
    assertThat(edge.getSentBytesRate()).isCloseTo(100, within(1e-6));
    assertThat(edge.getReceivedBytesRate()).isCloseTo(10, within(1e-6));
    assertThat(edge.getMtlsShare()).isCloseTo(1, within(1e-6));
    assertThat(edge.getDestination().getNamespace()).isEqualTo("unknown");
  }

  @Test
  void readsQuantilesOfTheSideThatIsShown() throws Exception {
    requests(10, "destination", "a", "reviews", "200", "-");
    for (String le : List.of("10", "20", "+Inf")) {
      grows(
          "istio_request_duration_milliseconds_bucket",
          le.equals("10") ? 5 : 10,
          "reporter",
          "destination",
          "source_workload",
          "a",
          "source_workload_namespace",
          "default",
          "destination_workload",
          "reviews",
          "destination_workload_namespace",
          "default",
          "destination_service",
          "reviews.default.svc.cluster.local",
          "request_protocol",
          "http",
          "source_canonical_service",
          "a",
          "le",
          le);
    }

    Edge edge = only(computed());

    assertThat(edge.getP50Millis()).isCloseTo(10, within(1e-6));
    assertThat(edge.getP99Millis()).isCloseTo(19.8, within(1e-6));
  }
}
