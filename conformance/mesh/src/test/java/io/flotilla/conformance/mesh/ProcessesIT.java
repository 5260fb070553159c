// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Every service and proxy a process of its own; the services of the control plane are killed. */
class ProcessesIT {
  private static final Duration BACK = Duration.ofSeconds(120);
  private static final int PER_SECOND = 200;

  @Test
  void losesNoRequestWhileEachControlPlaneServiceIsKilledAndRestarted() throws Exception {
    try (RunningMesh mesh = RunningMesh.start("--processes")) {
      Traffic.anonymous(mesh).warmUp();
      for (String service : List.of("galley", "pilot", "citadel", "telemetry", "console")) {
        try (Traffic.Steady flow = Traffic.anonymous(mesh).steadily(Traffic.REVIEWS, PER_SECOND)) {
          ProcessHandle killed = ProcessHandle.of(pid(mesh, service)).orElseThrow();
          killed.destroyForcibly();
          killed.onExit().get();
          int atDeath = flow.answered();
          Eventually.within(
              BACK, () -> assertThat(flow.answered()).isGreaterThan(atDeath + 2 * PER_SECOND));

          RunningMesh.Outcome restarted = mesh.flotilla("restart", service);

          assertThat(restarted.status()).as(restarted.output()).isZero();
          assertThat(mesh.status().path("ready").asBoolean()).as(service + " is back").isTrue();
          int back = flow.answered();
          Eventually.within(
              BACK, () -> assertThat(flow.answered()).isGreaterThan(back + PER_SECOND));
          assertThat(flow.stop())
              .as("requests while " + service + " was away and came back")
              .allSatisfy(reply -> assertThat(reply.status()).as(reply.body()).isEqualTo(200));
        }
      }
      // What came back works: a change still reaches the proxies.
      mesh.applyUpstream("samples/bookinfo/networking/virtual-service-reviews-v3.yaml");
      Traffic anyone = Traffic.anonymous(mesh);
      Eventually.within(
          BACK,
          () ->
              assertThat(anyone.get(Traffic.REVIEWS, 20, 4))
                  .allSatisfy(reply -> assertThat(reply.body()).contains("reviews-v3")));
    }
  }

  private static long pid(RunningMesh mesh, String service) throws Exception {
    for (JsonNode part : mesh.status().path("parts")) {
      if (part.path("name").asText().equals(service)) {
        return part.path("pid").asLong();
      }
    }
    throw new AssertionError("no part is called " + service);
  }
}
