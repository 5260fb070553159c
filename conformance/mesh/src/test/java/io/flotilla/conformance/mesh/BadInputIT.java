// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What is wrong is refused in one clear sentence, and nothing else is disturbed. */
@ExtendWith(SharedMesh.class)
class BadInputIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration NOTICED = Duration.ofSeconds(15);

  private final HttpClient client = HttpClient.newHttpClient();
  private RunningMesh used;

  @AfterEach
  void cleanUp() throws Exception {
    if (used != null) {
      used.remove("bad.yaml");
    }
  }

  @Test
  void refusesMalformedYamlByFileAndLine(RunningMesh mesh) throws Exception {
    refuses(mesh, "apiVersion: v1\nkind: Service\nmetadata: {name: [\n", "bad.yaml", null);
  }

  @Test
  void refusesAnUnknownFieldByName(RunningMesh mesh) throws Exception {
    refuses(
        mesh, virtualService("reviews", "reviews", "subset: v1", "tiemout: 3s"), "tiemout", "bad");
  }

  @Test
  void tellsThatAHostHasNoService(RunningMesh mesh) throws Exception {
    warnsOrRefuses(
        mesh, virtualService("nowhere", "nowhere", "subset: v1", "timeout: 3s"), "nowhere");
  }

  @Test
  void tellsThatASubsetDoesNotExist(RunningMesh mesh) throws Exception {
    warnsOrRefuses(mesh, virtualService("reviews", "reviews", "subset: v9", "timeout: 3s"), "v9");
  }

  private static String virtualService(
      String host, String destination, String subset, String more) {
    return """
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata:
          name: bad
        spec:
          hosts: [%s]
          http:
          - %s
            match:
            - headers: {x-bad: {exact: "yes"}}
            route:
            - destination:
                host: %s
                %s
          - route:
            - destination:
                host: reviews
        """
        .formatted(host, more, destination, subset);
  }

  private void refuses(RunningMesh mesh, String yaml, String named, String object)
      throws Exception {
    used = mesh;
    try (Traffic.Steady flow = Traffic.anonymous(mesh).steadily(Traffic.PAGE, 20)) {
      mesh.apply("bad.yaml", yaml);
      Eventually.within(
          NOTICED,
          () -> {
            JsonNode found = null;
            for (JsonNode rejection : get(mesh, "/galley/api/rejections")) {
              if (rejection.path("file").asText().endsWith("bad.yaml")) {
                found = rejection;
              }
            }
            assertThat(found).as("a rejection of bad.yaml").isNotNull();
            assertThat(found.path("line").asInt()).isPositive();
            assertThat(found.toString()).contains(named);
            if (object != null) {
              assertThat(found.path("object").asText()).contains(object);
            }
          });
      undisturbed(flow);
    }
  }

  private void warnsOrRefuses(RunningMesh mesh, String yaml, String named) throws Exception {
    used = mesh;
    try (Traffic.Steady flow = Traffic.anonymous(mesh).steadily(Traffic.PAGE, 20)) {
      mesh.apply("bad.yaml", yaml);
      Eventually.within(
          NOTICED,
          () ->
              assertThat(
                      get(mesh, "/galley/api/rejections").toString()
                          + get(mesh, "/galley/api/warnings").toString())
                  .contains("bad.yaml")
                  .contains(named));
      undisturbed(flow);
    }
  }

  private static void undisturbed(Traffic.Steady flow) throws Exception {
    int now = flow.answered();
    Eventually.within(NOTICED, () -> assertThat(flow.answered()).isGreaterThan(now + 20));
    assertThat(flow.stop())
        .allSatisfy(
            reply -> {
              assertThat(reply.status()).as(reply.body()).isEqualTo(200);
              assertThat(reply.body()).doesNotContain("unavailable");
            });
  }

  private JsonNode get(RunningMesh mesh, String path) throws Exception {
    return JSON.readTree(
        client
            .send(
                HttpRequest.newBuilder(mesh.control(20001).resolve(path)).build(),
                BodyHandlers.ofString())
            .body());
  }
}
