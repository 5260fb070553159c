// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.kafka;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.flotilla.conformance.mesh.RunningMesh;
import io.flotilla.conformance.mesh.Traffic;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.ClassOrderer;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestClassOrder;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.io.TempDir;

/**
 * Every service a process of its own, Kafka between them: what consumers make of events, with the
 * broker there, and again after it was away for a minute.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@TestClassOrder(ClassOrderer.OrderAnnotation.class)
class EventsIT {
  /** A minute, and more than any of the Kafka client's time limits that are one by default. */
  private static final Duration AWAY = Duration.ofSeconds(65);

  private static final int PER_SECOND = 50;

  /** The page waits for nobody here, so what a busy machine does to its patience is left out. */
  private static final String PRODUCTS = "/api/v1/products";

  /** Certificates are renewed at least once a minute. */
  private static final String CERTIFICATE_SECONDS = "45";

  private static final Map<String, Integer> SERVICES =
      Map.of(
          "galley", 20002, "pilot", 20003, "citadel", 20004, "telemetry", 20005, "console", 20001);

  @TempDir static Path folder;

  private Broker broker;
  private RunningMesh mesh;

  @BeforeAll
  void start() throws Exception {
    broker = Broker.start(folder);
    mesh =
        RunningMesh.start(
            "--processes", "--kafka", broker.address(), "--certificate-ttl", CERTIFICATE_SECONDS);
    Traffic.anonymous(mesh).warmUp();
  }

  @AfterAll
  void stop() throws Exception {
    if (mesh != null) {
      mesh.close();
    }
    if (broker != null) {
      broker.close();
    }
  }

  @Nested
  @Order(1)
  @TestInstance(TestInstance.Lifecycle.PER_CLASS)
  class WithTheBroker extends Effects {
    @BeforeAll
    void act() throws Exception {
      happened(Happening.in(mesh, "details"), broker);
    }
  }

  @Nested
  @Order(2)
  @TestInstance(TestInstance.Lifecycle.PER_CLASS)
  class AfterTheBrokerWasAwayForAMinute extends Effects {
    private final Map<String, JsonNode> health = new TreeMap<>();
    private final List<Traffic.Reply> replies = new ArrayList<>();

    @BeforeAll
    void act() throws Exception {
      try (Traffic.Steady flow = Traffic.anonymous(mesh).steadily(PRODUCTS, PER_SECOND)) {
        broker.kill();
        Instant back = Instant.now().plus(AWAY);
        RunningMesh.Outcome console = mesh.flotilla("restart", "console");
        assertThat(console.status()).as(console.output()).isZero();
        happened(Happening.in(mesh, "ratings"), broker);
        while (Instant.now().isBefore(back)) {
          Thread.sleep(Duration.between(Instant.now(), back).toMillis() + 1);
        }
        for (Map.Entry<String, Integer> service : SERVICES.entrySet()) {
          health.put(
              service.getKey(),
              Http.json(mesh.control(service.getValue()).resolve("/q/health/ready")));
        }
        broker.start();
        replies.addAll(flow.stop());
      }
    }

    @Test
    void noRequestFailedMeanwhile() {
      assertThat(replies)
          .hasSizeGreaterThan((int) AWAY.toSeconds() * PER_SECOND / 2)
          .allSatisfy(reply -> assertThat(reply.status()).as(reply.body()).isEqualTo(200));
    }

    @Test
    void everyServiceWasReadyMeanwhileAndSaidThatTheBrokerIsAway() {
      assertThat(health)
          .hasSameSizeAs(SERVICES)
          .allSatisfy(
              (service, answer) -> {
                assertThat(answer.path("status").asText()).isEqualTo("UP");
                assertThat(answer.toString()).contains("the broker is away");
              });
    }
  }

  @Nested
  @Order(3)
  class WhileTheBrokerIsAwayForGood {
    @Test
    void aServiceWithEventsOnTheirWayStopsAllTheSame() throws Exception {
      broker.kill();
      JsonNode citadel =
          mesh.status()
              .path("parts")
              .valueStream()
              .filter(part -> part.path("name").asText().equals("citadel"))
              .findFirst()
              .orElseThrow();
      ProcessHandle process = ProcessHandle.of(citadel.path("pid").asLong()).orElseThrow();
      Happening.waitForRenewal(mesh, Instant.now());

      process.destroy();

      assertThat(process.onExit())
          .as("Citadel, which ./flotilla down would kill after 20 s")
          .succeedsWithin(Duration.ofSeconds(15));
    }
  }
}
