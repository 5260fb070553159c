// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.capture;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.flotilla.conformance.mesh.Eventually;
import io.flotilla.conformance.mesh.OutsideHost;
import io.flotilla.conformance.mesh.OutsideHost.Certified;
import io.flotilla.conformance.mesh.RunningMesh;
import java.io.BufferedReader;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.MethodOrderer;
import org.junit.jupiter.api.Order;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestMethodOrder;
import org.junit.jupiter.api.io.TempDir;

/**
 * A mesh of which nothing may leave but what is declared (outboundTrafficPolicy REGISTRY_ONLY): the
 * way out is the egress gateway's. At its end, the mesh itself is gone without a trace.
 */
@TestMethodOrder(MethodOrderer.OrderAnnotation.class)
class RegistryOnlyIT {
  private static final Duration CHANGE = Duration.ofSeconds(20);
  private static final int DETAILS = 2;
  private static final int PORT = 8443;

  private static RunningMesh mesh;

  @BeforeAll
  static void start() throws Exception {
    mesh = RunningMesh.start(Map.of("FLOTILLA_PILOT_MESH_ALLOW_ANY", "false"));
  }

  @AfterAll
  static void stop() throws Exception {
    if (mesh != null) {
      mesh.close();
    }
  }

  @Test
  @Order(1)
  void leavesOnlyThroughTheEgressGateway(@TempDir Path folder) throws Exception {
    Certified certified = Certified.in(folder);
    Namespace details = Namespace.of(mesh, DETAILS);
    List<String> visits = new CopyOnWriteArrayList<>();
    try (Namespace outside = Namespace.outside(mesh)) {
      Process host =
          outside.java(
              OutsideHost.class,
              certified.store().toString(),
              outside.address(),
              String.valueOf(PORT));
      BufferedReader said = host.inputReader();
      try {
        assertThat(said.readLine()).isEqualTo("listening");
        Thread.ofVirtual().start(() -> said.lines().forEach(visits::add));
        String named = "--resolve " + OutsideHost.NAME + ":80:10.134." + mesh.network() + ".80";
        String page = "http://" + OutsideHost.NAME + "/politics";
        assertThat(details.curl(page, named.split(" "))).as("not declared").isEqualTo("502");

        mesh.apply(
            "egress.yaml",
            OutsideHost.configuration(
                outside.address(), PORT, "caCertificates: " + certified.root()));
        Eventually.within(
            CHANGE,
            () -> assertThat(details.curl(page, named.split(" "))).as(page).isEqualTo("200"));

        String direct = "https://" + outside.address() + ":" + PORT + "/direct";
        assertThat(details.curl(direct, "--insecure")).as("past the gateway").isEqualTo("000");
        assertThat(visits)
            .as("who was there")
            .isNotEmpty()
            .allSatisfy(
                visit -> assertThat(visit).isEqualTo("10.133." + mesh.network() + ".1 /politics"));
        assertThat(outside.curl(direct, "--insecure")).as("the host is there").isEqualTo("200");
      } finally {
        host.destroyForcibly().waitFor();
        mesh.remove("egress.yaml");
      }
    }
  }

  @Test
  @Order(2)
  void leavesNothingOfTheNetworkBehindEvenWherePartsWereKilled() throws Exception {
    String prefix = "flt" + mesh.network() + "-";
    assertThat(leftovers(prefix)).isNotEmpty();
    for (JsonNode part : mesh.status().path("parts")) {
      if (List.of("proxy-ratings-v1", "reviews-v2", "control")
          .contains(part.path("name").asText())) {
        ProcessHandle.of(part.path("pid").asLong()).orElseThrow().destroyForcibly();
      }
    }

    RunningMesh.Outcome down = mesh.flotilla("down");

    assertThat(down.status()).as(down.output()).isZero();
    assertThat(leftovers(prefix)).isEmpty();
    assertThat(mesh.status().path("ready").asBoolean()).isFalse();
  }

  private static List<String> leftovers(String prefix) throws Exception {
    Path hosts = Path.of("/etc/netns");
    String all =
        Namespace.must("ip", "netns", "list") + Namespace.must("ip", "-brief", "link", "show");
    if (Files.isDirectory(hosts)) {
      try (Stream<Path> files = Files.list(hosts)) {
        all += String.join("\n", files.map(f -> f.getFileName().toString()).toList());
      }
    }
    return all.lines().filter(line -> line.startsWith(prefix)).toList();
  }
}
