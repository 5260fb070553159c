// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** The trace of one page view, read through Jaeger's API. */
@ExtendWith(SharedMesh.class)
class TraceIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration COLLECTED = Duration.ofSeconds(20);

  private final HttpClient client = HttpClient.newHttpClient();

  @Test
  void joinsTheGatewayAndBothSidesOfEveryHop(RunningMesh mesh) throws Exception {
    byte[] id = new byte[16];
    ThreadLocalRandom.current().nextBytes(id);
    String trace = HexFormat.of().formatHex(id);

    Traffic.Reply page =
        Traffic.anonymous(mesh)
            .get(Traffic.PAGE, "traceparent", "00-" + trace + "-00f067aa0ba902b7-01");

    assertThat(page.status()).isEqualTo(200);
    Eventually.within(
        COLLECTED,
        () -> {
          List<String> services = services(mesh, trace);
          // Gateway; in and out of productpage; in of details; in of reviews, and the way to
          // ratings
          // where the version has stars.
          assertThat(services).contains("istio-ingressgateway.istio-system");
          assertThat(services)
              .filteredOn("productpage.default"::equals)
              .hasSizeGreaterThanOrEqualTo(3);
          assertThat(services).contains("details.default", "reviews.default");
        });
    JsonNode spans = trace(mesh, trace).path("spans");
    assertThat(spans)
        .as("one root, every other span a child of a span of this trace")
        .filteredOn(span -> !isChild(spans, span))
        .hasSize(1);
  }

  @Test
  void listsTheServicesOfTheMesh(RunningMesh mesh) throws Exception {
    Traffic.anonymous(mesh).get(Traffic.PAGE, 10, 2);

    Eventually.within(
        COLLECTED,
        () ->
            assertThat(get(mesh.control(16686).resolve("/api/services")).path("data"))
                .extracting(JsonNode::asText)
                .contains("productpage.default", "reviews.default", "details.default"));
  }

  private static boolean isChild(JsonNode spans, JsonNode span) {
    for (JsonNode reference : span.path("references")) {
      for (JsonNode other : spans) {
        if (other.path("spanID").equals(reference.path("spanID"))) {
          return true;
        }
      }
    }
    return false;
  }

  /** The services of the trace's spans, one entry a span. */
  private List<String> services(RunningMesh mesh, String id) throws Exception {
    JsonNode trace = trace(mesh, id);
    List<String> services = new ArrayList<>();
    for (JsonNode span : trace.path("spans")) {
      services.add(
          trace
              .path("processes")
              .path(span.path("processID").asText())
              .path("serviceName")
              .asText());
    }
    return services;
  }

  private JsonNode trace(RunningMesh mesh, String id) throws Exception {
    return get(mesh.control(16686).resolve("/api/traces/" + id)).at("/data/0");
  }

  private JsonNode get(URI uri) throws Exception {
    return JSON.readTree(
        client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString()).body());
  }
}
