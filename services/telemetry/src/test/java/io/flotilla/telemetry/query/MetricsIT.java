// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.query;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.everyItem;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasItems;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.not;

import io.flotilla.contract.telemetry.Edge;
import io.flotilla.contract.telemetry.GetGraphRequest;
import io.flotilla.contract.telemetry.GetGraphResponse;
import io.flotilla.contract.telemetry.TrafficServiceGrpc;
import io.flotilla.shell.MeshEvent;
import io.flotilla.telemetry.MeshMetricsResource;
import io.flotilla.telemetry.TelemetryConfig;
import io.flotilla.telemetry.TelemetryPortsResource;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.smallrye.reactive.messaging.memory.InMemoryConnector;
import jakarta.enterprise.inject.Any;
import jakarta.inject.Inject;
import java.net.URI;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** The window over scraped proxies: Prometheus' API, the traffic graph, the time line. */
@QuarkusTest
@QuarkusTestResource(value = TelemetryPortsResource.class, restrictToAnnotatedClass = true)
@QuarkusTestResource(value = MeshMetricsResource.class, restrictToAnnotatedClass = true)
class MetricsIT {
  @Inject TelemetryConfig config;
  @Inject @Any InMemoryConnector channels;
  @TestHTTPResource URI url;

  private String prometheus(String path) {
    return "http://127.0.0.1:" + config.ports().prometheus() + path;
  }

  private double one(String query) {
    List<List<Object>> values =
        given()
            .queryParam("query", query)
            .get(prometheus("/api/v1/query"))
            .then()
            .statusCode(200)
            .extract()
            .path("data.result.value");
    return values.isEmpty() ? Double.NaN : Double.parseDouble((String) values.getFirst().get(1));
  }

  private void awaitSamples() {
    await()
        .atMost(Duration.ofSeconds(30))
        .until(() -> one("count_over_time(up{job=\"mesh\"}[1m])") >= 6);
  }

  @Test
  void answersTheRateThatADashboardAsks() {
    awaitSamples();

    given()
        .queryParam(
            "query",
            "sum(rate(istio_requests_total{reporter=\"destination\"}[1m])) by (destination_workload, response_code)")
        .get(prometheus("/api/v1/query"))
        .then()
        .statusCode(200)
        .body("status", equalTo("success"))
        .body("data.resultType", equalTo("vector"))
        .body("data.result", hasSize(3));
    assertThat(
            one(
                "sum(rate(istio_requests_total{reporter=\"destination\",destination_workload=\"reviews-v1\",response_code=\"500\"}[5s]))"))
        .isCloseTo(100, within(15.0));
  }

  @Test
  void answersRangesByPostToo() {
    awaitSamples();
    long now = System.currentTimeMillis() / 1_000;

    given()
        .formParam("query", "sum(rate(istio_requests_total[5s]))")
        .formParam("start", now - 3)
        .formParam("end", now)
        .formParam("step", "1s")
        .post(prometheus("/api/v1/query_range"))
        .then()
        .statusCode(200)
        .body("data.resultType", equalTo("matrix"))
        .body("data.result", hasSize(1))
        .body("data.result[0].values", hasSize(4));
  }

  @Test
  void listsSeriesLabelsAndValues() {
    awaitSamples();

    given()
        .queryParam("match[]", "istio_requests_total{response_flags=\"UH\"}")
        .get(prometheus("/api/v1/series"))
        .then()
        .body("data", hasSize(1))
        .body("data[0].zone", equalTo("a"))
        .body("data[0].destination_workload", equalTo("unknown"));
    given()
        .get(prometheus("/api/v1/labels"))
        .then()
        .body("data", hasItems("__name__", "reporter", "zone"));
    given()
        .get(prometheus("/api/v1/label/__name__/values"))
        .then()
        .body("data", hasItems("istio_requests_total", "up"))
        .body("data", not(hasItem("envoy_cluster_upstream_rq_total")));
    given()
        .queryParam("match[]", "istio_requests_total")
        .get(prometheus("/api/v1/label/reporter/values"))
        .then()
        .body("data", equalTo(List.of("destination", "source")));
    given()
        .get(prometheus("/api/v1/status/buildinfo"))
        .then()
        .body("data.version", equalTo("2.42.0"));
  }

  @Test
  void refusesInPrometheusForm() {
    given()
        .queryParam("query", "predict_linear(x[1h], 60)")
        .get(prometheus("/api/v1/query"))
        .then()
        .statusCode(400)
        .body("status", equalTo("error"))
        .body("errorType", equalTo("bad_data"))
        .body("error", containsString("the function predict_linear is not supported"));
    given()
        .queryParam("query", "sum(")
        .get(prometheus("/api/v1/query"))
        .then()
        .statusCode(400)
        .body("error", containsString("parse error"));
    given()
        .queryParam("query", "{__name__=~\"((((a{1000}){1000}){100}))\"}")
        .get(prometheus("/api/v1/query"))
        .then()
        .statusCode(400)
        .body("errorType", equalTo("bad_data"))
        .body("error", containsString("lower the counts of its {n,m} repeats"));
    given()
        .queryParam("query", "1")
        .queryParam("time", "soon")
        .get(prometheus("/api/v1/query"))
        .then()
        .statusCode(400)
        .body("error", containsString("\"time\""));
    given().get(prometheus("/api/v1/series")).then().statusCode(400);
  }

  @Test
  void drawsTheGraphByGrpcAndInJson() throws Exception {
    awaitSamples();
    ManagedChannel channel =
        Grpc.newChannelBuilder(
                url.getHost() + ":" + url.getPort(), InsecureChannelCredentials.create())
            .build();
    try {
      var traffic = TrafficServiceGrpc.newBlockingStub(channel);
      GetGraphResponse graph =
          traffic.getGraph(GetGraphRequest.newBuilder().setWindowSeconds(5).build());

      assertThat(graph.getSource()).isEqualTo("window");
      assertThat(graph.getUnreachableList()).containsExactly("127.0.0.1:1: nothing listens there");
      assertThat(graph.getEdgesList())
          .extracting(e -> e.getSource().getName() + " " + e.getDestination().getName())
          .containsExactlyInAnyOrder(
              "ingressgateway-v1 productpage-v1",
              "productpage-v1 reviews-v1",
              "ratings-v1 mongodb-v1",
              "reviews-v1 ratings-v1",
              "reviews-v1 unknown");
      Edge reviews =
          graph.getEdgesList().stream()
              .filter(e -> e.getDestination().getName().equals("reviews-v1"))
              .findFirst()
              .orElseThrow();
      assertThat(reviews.getRequestRate()).isCloseTo(500, within(75.0));
      assertThat(reviews.getErrorRate()).isCloseTo(0.4, within(0.05));
      assertThat(reviews.getMtlsShare()).isCloseTo(0.8, within(0.05));
      assertThat(reviews.getP50Millis()).isBetween(10.0, 25.0);
      assertThat(
              org.assertj.core.api.Assertions.catchThrowableOfType(
                  StatusRuntimeException.class,
                  () ->
                      traffic.getGraph(
                          GetGraphRequest.newBuilder().setWindowSeconds(9_999).build())))
          .hasMessageContaining("window_seconds");
    } finally {
      channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
    }
    given()
        .get("/telemetry/api/graph?window=10")
        .then()
        .statusCode(200)
        .body("source", equalTo("window"))
        .body("edges.requestRate", everyItem(greaterThan(-1f)));
    given().get("/telemetry/api/graph?window=0").then().statusCode(400);
  }

  @Test
  void keepsATimeLineOfEvents() {
    channels
        .source("config-events")
        .send(
            MeshEvent.of(
                    "io.flotilla.config.accepted",
                    "/galley",
                    "VirtualService default/reviews",
                    Map.of("revision", 7))
                .toJson());
    channels
        .source("proxy-events")
        .send(
            MeshEvent.of("io.flotilla.proxy.connected", "/pilot", "sidecar~1", Map.of()).toJson());
    channels
        .source("certificate-events")
        .send(
            MeshEvent.of("io.flotilla.certificate.issued", "/citadel", "spiffe://x", Map.of())
                .toJson());
    channels.source("config-events").send("no event");

    await()
        .atMost(Duration.ofSeconds(10))
        .untilAsserted(
            () ->
                given()
                    .get("/telemetry/api/annotations?since=2020-01-01T00:00:00Z")
                    .then()
                    .statusCode(200)
                    .body(
                        "subject",
                        hasItems("VirtualService default/reviews", "sidecar~1", "spiffe://x"))
                    .body("find { it.source == '/galley' }.data.revision", equalTo(7)));
    given().get("/telemetry/api/annotations?since=yesterday").then().statusCode(400);
    given()
        .get("/q/metrics")
        .then()
        .body(
            containsString(
                "flotilla_certificate_events_total{type=\"io.flotilla.certificate.issued\"} 1.0"))
        .body(
            containsString(
                "flotilla_telemetry_events_refused_total{channel=\"config-events\"} 1.0"));
  }
}
