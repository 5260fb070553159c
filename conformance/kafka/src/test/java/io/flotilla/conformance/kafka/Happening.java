// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.flotilla.conformance.mesh.Eventually;
import io.flotilla.conformance.mesh.RunningMesh;
import io.flotilla.conformance.mesh.Traffic;
import java.time.Duration;
import java.time.Instant;
import java.util.HexFormat;
import java.util.concurrent.ThreadLocalRandom;

/**
 * One thing of each kind that services tell each other about.
 *
 * @param began before anything was done
 * @param host whose routes were changed, by the VirtualService of the same name
 * @param wrong the file that Galley had to reject
 * @param revision Galley's, which has the change
 * @param serial of a certificate that Citadel has renewed since
 * @param identity whose certificate that is
 * @param trace of one request
 */
record Happening(
    RunningMesh mesh,
    Instant began,
    String host,
    String wrong,
    long revision,
    String serial,
    String identity,
    String trace) {
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  /** Does all of it, and returns when the services whose business it is have done theirs. */
  static Happening in(RunningMesh mesh, String host) throws Exception {
    Instant began = Instant.now();
    String wrong = "wrong-" + host + ".yaml";
    mesh.apply(
        wrong,
        """
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: wrong-%1$s, namespace: default}
        spec: {hosts: [%1$s.example.com], nonsense: true}
        """
            .formatted(host));
    mesh.apply(
        host + ".yaml",
        """
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: %1$s, namespace: default}
        spec: {hosts: [%1$s], http: [{route: [{destination: {host: %1$s}}]}]}
        """
            .formatted(host));
    Eventually.within(
        PATIENCE,
        () ->
            assertThat(galley(mesh, "objects?kind=VirtualService&name=" + host))
                .as("the VirtualService in force")
                .hasSize(1));
    Eventually.within(
        PATIENCE,
        () ->
            assertThat(galley(mesh, "rejections"))
                .extracting(each -> each.path("file").asText())
                .anySatisfy(file -> assertThat(file).endsWith(wrong)));
    long revision = galley(mesh, "status").path("revision").asLong();

    String[] trace = new String[1];
    Eventually.within(
        PATIENCE,
        () -> {
          byte[] id = new byte[16];
          ThreadLocalRandom.current().nextBytes(id);
          trace[0] = HexFormat.of().formatHex(id);
          assertThat(
                  Traffic.anonymous(mesh)
                      .get(
                          Traffic.REVIEWS, "traceparent", "00-" + trace[0] + "-00f067aa0ba902b7-01")
                      .status())
              .isEqualTo(200);
        });

    JsonNode renewed = waitForRenewal(mesh, began);
    return new Happening(
        mesh,
        began,
        host,
        wrong,
        revision,
        renewed.path("serial").asText(),
        renewed.path("identity").asText(),
        trace[0]);
  }

  /** A certificate that Citadel has renewed since then, as soon as there is one. */
  static JsonNode waitForRenewal(RunningMesh mesh, Instant began) throws Exception {
    JsonNode[] renewed = new JsonNode[1];
    Eventually.within(
        PATIENCE,
        () -> {
          renewed[0] = renewedSince(mesh, began);
          assertThat(renewed[0]).as("a certificate renewed since " + began).isNotNull();
        });
    return renewed[0];
  }

  private static JsonNode galley(RunningMesh mesh, String what) throws Exception {
    return Http.json(mesh.control(20002).resolve("/galley/api/" + what));
  }

  private static JsonNode renewedSince(RunningMesh mesh, Instant began) throws Exception {
    for (JsonNode issue : Http.json(mesh.control(20004).resolve("/citadel/api/issued"))) {
      if (Instant.parse(issue.path("issued").asText()).isAfter(began)
          && !issue.path("proof").asText().equals("TOKEN")) {
        return issue;
      }
    }
    return null;
  }
}
