// SPDX-License-Identifier: Apache-2.0
package io.flotilla.console;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.nullValue;

import io.flotilla.shell.MeshEvent;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.common.http.TestHTTPResource;
import io.quarkus.test.junit.QuarkusTest;
import io.smallrye.reactive.messaging.memory.InMemoryConnector;
import jakarta.enterprise.inject.Any;
import jakarta.inject.Inject;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

@QuarkusTest
@QuarkusTestResource(FakePeers.class)
class ConsoleApiTest {
  private static final Duration WAIT = Duration.ofSeconds(20);

  @TestHTTPResource URI address;

  @Inject @Any InMemoryConnector channels;

  @AfterEach
  void restore() {
    FakePeers.reset();
  }

  @Test
  void joinsTrafficProxiesAndConfiguration() {
    given()
        .get("/console/api/graph?window=60")
        .then()
        .statusCode(200)
        .body("problem", nullValue())
        .body("nodes.find { it.id == 'workload/default/reviews-v2' }.app", equalTo("reviews"))
        .body(
            "nodes.find { it.id == 'workload/default/reviews-v2' }.configuration.kind",
            equalTo(List.of("DestinationRule", "VirtualService")))
        .body(
            "nodes.find { it.id == 'workload/default/ratings-v1' }.proxy.state", equalTo("LAGGING"))
        .body("nodes.find { it.id == 'workload/default/sleeper-v1' }.app", equalTo("sleeper"))
        .body(
            "edges.find { it.target == 'workload/default/details-v1' }.requestRate",
            equalTo(12.5f));
  }

  @Test
  void listsWhatNeedsAnEyeFirst() {
    given()
        .get("/console/api/status")
        .then()
        .statusCode(200)
        .body("parts.problem", equalTo(java.util.Arrays.asList(null, null, null)))
        .body("proxyCount", equalTo(9))
        .body("proxies[0].state", equalTo("REFUSED"))
        .body("proxies[0].refused[0]", containsString("the certificate google is not there"))
        .body("proxies[1].state", equalTo("LAGGING"))
        .body("rejections", hasSize(1))
        .body("rejections[0].file", equalTo("virtual-service-broken.yaml"))
        .body("rejections[0].line", equalTo(14))
        .body("unreachable", hasItem("127.10.0.9:15020: connection refused"))
        .body("applicationUrl", equalTo("http://127.0.0.1:8080/productpage"));
  }

  @Test
  void saysThatTelemetryIsAwayAndHearsItAgainAtOnce() {
    FakePeers.stopTelemetry();

    await()
        .untilAsserted(
            () ->
                given()
                    .get("/console/api/graph?window=10")
                    .then()
                    .statusCode(200)
                    .body("problem", containsString("Telemetry does not answer at 127.0.0.1:"))
                    .body("problem", containsString("flotilla.console.telemetry.target"))
                    .body("edges", hasSize(0))
                    .body("nodes", hasSize(9)));
    FakePeers.startTelemetry();
    await()
        .untilAsserted(
            () ->
                given()
                    .get("/console/api/graph?window=10")
                    .then()
                    .body("problem", nullValue())
                    .body("edges", hasSize(10)));
  }

  @Test
  void refusesAWindowThatIsNotKept() {
    given()
        .get("/console/api/graph?window=7")
        .then()
        .statusCode(400)
        .body("error", containsString("must be one of [10, 60, 300] seconds"));
  }

  @Test
  void remembersTheEventsOfAllServicesNewestFirst() {
    channels
        .source("certificate-events")
        .send(MeshEvent.of("io.flotilla.certificate.issued", "/citadel", "a", Map.of()).toJson());
    channels.source("config-events").send("not JSON");
    channels
        .source("config-events")
        .send(
            MeshEvent.of(
                    "io.flotilla.config.rejected",
                    "/galley",
                    "VirtualService default/ratings",
                    Map.of("file", "a.yaml", "line", 3, "reason", "weight is 140"))
                .toJson());

    await()
        .untilAsserted(
            () ->
                given()
                    .get("/console/api/events?limit=2")
                    .then()
                    .statusCode(200)
                    .body("[0].type", equalTo("io.flotilla.config.rejected"))
                    .body("[0].tone", equalTo("BAD"))
                    .body("[0].detail", equalTo("a.yaml:3: weight is 140"))
                    .body("[1].type", equalTo("io.flotilla.certificate.issued")));
    given()
        .get("/q/metrics")
        .then()
        .body(containsString("flotilla_console_events_refused_total{channel=\"config-events\"}"));
  }

  @Test
  void streamsTheViewAndThenItsChanges() throws Exception {
    HttpResponse<java.io.InputStream> response =
        HttpClient.newHttpClient()
            .send(
                HttpRequest.newBuilder(address.resolve("/console/api/live?window=60"))
                    .header("Accept", "text/event-stream")
                    .timeout(WAIT)
                    .build(),
                HttpResponse.BodyHandlers.ofInputStream());

    assertThat(response.headers().firstValue("content-type").orElse(""))
        .startsWith("text/event-stream");
    try (BufferedReader lines =
        new BufferedReader(new InputStreamReader(response.body(), StandardCharsets.UTF_8))) {
      assertThat(next(lines)).contains("\"requestRate\":12.5");
      FakePeers.traffic(FakePeers.shop(77));
      String later = next(lines);
      for (int i = 0; i < 20 && !later.contains("\"requestRate\":77.0"); i++) {
        later = next(lines);
      }
      assertThat(later).contains("\"requestRate\":77.0");
    }
  }

  @Test
  void limitsTheOpenPagesAndForgetsThoseThatLeft() throws Exception {
    try (HttpClient browser = HttpClient.newHttpClient()) {
      HttpRequest request =
          HttpRequest.newBuilder(address.resolve("/console/api/live")).timeout(WAIT).build();
      List<java.io.InputStream> open = new ArrayList<>();
      for (int i = 0; i < 6; i++) {
        open.add(browser.send(request, HttpResponse.BodyHandlers.ofInputStream()).body());
      }

      given()
          .get("/console/api/live")
          .then()
          .statusCode(503)
          .body("error", containsString("flotilla.console.max-streams"));

      for (java.io.InputStream stream : open) {
        stream.close();
      }
    }
    await()
        .untilAsserted(
            () ->
                given()
                    .get("/q/metrics")
                    .then()
                    .body(containsString("flotilla_console_open_pages 0.0")));
  }

  @Test
  void namesWhatBecameOfObjects() {
    channels
        .source("config-events")
        .send(
            MeshEvent.of(
                    "io.flotilla.config.accepted",
                    "/galley",
                    "1 object",
                    Map.of(
                        "revision",
                        7,
                        "objects",
                        List.of(Map.of("object", "VirtualService default/a", "change", "added"))))
                .toJson());

    await()
        .untilAsserted(
            () ->
                given()
                    .get("/console/api/events?limit=1000")
                    .then()
                    .body("detail", hasItem("revision 7, VirtualService default/a added")));
  }

  @Test
  void tellsUntilWhenALaggingProxyWasInStep() {
    String node = given().get("/console/api/status").then().extract().path("proxies[1].nodeId");
    String event =
        MeshEvent.of("io.flotilla.proxy.acknowledged", "/pilot", node, Map.of()).toJson();

    channels.source("proxy-events").send(event);

    String time = MeshEvent.fromJson(event).time().toString();
    await()
        .untilAsserted(
            () ->
                given()
                    .get("/console/api/status")
                    .then()
                    .body(
                        "proxies.find { it.nodeId == '" + node + "' }.acknowledgedAt",
                        equalTo(time)));

    channels
        .source("proxy-events")
        .send(MeshEvent.of("io.flotilla.proxy.gone", "/pilot", node, Map.of()).toJson());

    await()
        .untilAsserted(
            () ->
                given()
                    .get("/console/api/status")
                    .then()
                    .body(
                        "proxies.find { it.nodeId == '" + node + "' }.acknowledgedAt",
                        nullValue()));
  }

  @Test
  void forgetsTheOldestEvents() {
    for (int i = 0; i < 50; i++) {
      channels
          .source("proxy-events")
          .send(MeshEvent.of("io.flotilla.proxy.connected", "/pilot", "n" + i, Map.of()).toJson());
    }

    await()
        .untilAsserted(
            () ->
                given()
                    .get("/console/api/events?limit=1000")
                    .then()
                    .body("findAll { it.source == '/pilot' }.size()", equalTo(20))
                    .body("findAll { it.source == '/pilot' }[0].subject", equalTo("n49"))
                    .body("findAll { it.source == '/pilot' }[19].subject", equalTo("n30")));
  }

  private static String next(BufferedReader lines) throws Exception {
    String line = lines.readLine();
    while (line != null && !line.startsWith("data:")) {
      line = lines.readLine();
    }
    assertThat(line).as("an event of the stream").isNotNull();
    return line;
  }

  @Test
  void describesItselfAndIsHealthy() {
    given().get("/q/health").then().statusCode(200).body("status", equalTo("UP"));
    given()
        .get("/q/openapi")
        .then()
        .statusCode(200)
        .body(containsString("/console/api/graph"))
        .body(containsString("/console/api/live"));
  }
}
