// SPDX-License-Identifier: Apache-2.0
package io.flotilla.cli.mesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import io.flotilla.identity.JsonWebKeys;
import io.flotilla.identity.JwtVerifier;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MeshFilesTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @TempDir Path folder;

  @Test
  void describesASidecarAsTheAgentReadsIt() throws Exception {
    MeshPlan plan = plan(300);
    Files.createDirectories(plan.state());
    Tokens tokens = Tokens.in(plan.state().resolve("tokens"));
    Path file = folder.resolve("proxies.json");

    new MeshFiles(plan).writeProxies(file, plan.workloads(), tokens);

    JsonNode reviews = JSON.readTree(Files.readString(file)).at("/proxies/5");
    assertThat(reviews.path("type").asText()).isEqualTo("sidecar");
    assertThat(reviews.path("name").asText()).isEqualTo("reviews-v3");
    assertThat(reviews.path("ip").asText()).isEqualTo("127.10.50.6");
    assertThat(reviews.at("/appEndpoints/9080").asText()).isEqualTo("127.11.50.6:9080");
    assertThat(reviews.at("/controlPlane/xdsAddress").asText()).isEqualTo("127.0.0.1:15312");
    assertThat(reviews.at("/labels/version").asText()).isEqualTo("v3");
    JsonNode ingress = JSON.readTree(Files.readString(file)).at("/proxies/6");
    assertThat(ingress.path("type").asText()).isEqualTo("router");
    assertThat(ingress.at("/listen/8080").asText()).isEqualTo("127.0.0.1:8380");
  }

  @Test
  void mintsTokensThatItsKeySetVerifiesAndNobodyElseReads() throws Exception {
    Tokens tokens = Tokens.in(folder.resolve("tokens"));

    Path token = Tokens.in(folder.resolve("tokens")).mint("default", "bookinfo-reviews");

    JwtVerifier verifier =
        new JwtVerifier(
            () -> keys(tokens.keySet()),
            Optional.of(Tokens.ISSUER),
            Set.of(Tokens.AUDIENCE),
            Clock.systemUTC());
    assertThat(verifier.verify(Files.readString(token)).subject())
        .isEqualTo("system:serviceaccount:default:bookinfo-reviews");
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(token)))
        .isEqualTo("rw-------");
    assertThat(
            PosixFilePermissions.toString(
                Files.getPosixFilePermissions(folder.resolve("tokens/signing-key.pem"))))
        .isEqualTo("rw-------");
  }

  @Test
  void copiesTheSampleOnlyIntoAnEmptyDirectory() throws Exception {
    Path sample = Files.createDirectories(folder.resolve("sample"));
    Files.writeString(sample.resolve("services.yaml"), "kind: Service\n");
    Path dir = folder.resolve("dir");
    ConfigDirectory config = new ConfigDirectory(dir);
    MeshPlan plan = plan(0);

    config.prepare(sample, plan.addresses(), plan.workloads());
    Files.delete(dir.resolve("services.yaml"));
    Files.writeString(dir.resolve("mine.yaml"), "kind: Service\n");
    config.prepare(sample, plan.addresses(), plan.workloads());

    assertThat(dir.resolve("services.yaml")).doesNotExist();
    List<JsonNode> entries =
        new YAMLMapper()
            .readerFor(JsonNode.class)
            .<JsonNode>readValues(dir.resolve("workloads.yaml").toFile())
            .readAll();
    assertThat(entries).hasSize(8);
    assertThat(entries.getFirst().at("/spec/address").asText()).isEqualTo("127.10.0.1");
    assertThat(entries.getFirst().at("/spec/labels/security.istio.io~1tlsMode").asText())
        .isEqualTo("istio");
  }

  @Test
  void namesThePortThatIsTakenAndWhoNeedsIt() throws Exception {
    try (var taken = new java.net.ServerSocket(0, 1, java.net.InetAddress.getLoopbackAddress())) {
      MeshPlan plan =
          new MeshPlan(
              folder, folder, 39_000, taken.getLocalPort(), false, false, true, null, null, 0);

      assertThatThrownBy(() -> PortCheck.check(plan))
          .isInstanceOf(MeshException.class)
          .hasMessageContaining("Port " + taken.getLocalPort() + " on 127.0.0.1")
          .hasMessageContaining("the ingress gateway")
          .hasMessageContaining("--port");
    }
  }

  @Test
  void refusesWhatCannotBe() {
    assertThatThrownBy(() -> plan(50_000)).hasMessageContaining("--offset must be 0 to 40000");
    assertThatThrownBy(
            () -> new MeshPlan(folder, folder, 0, 8080, false, false, true, "k:9092", null, 0))
        .hasMessageContaining("--kafka needs --processes");
    assertThatThrownBy(
            () ->
                new MeshPlan(
                    folder, folder, 0, 8080, false, false, true, null, folder.resolve("none"), 0))
        .hasMessageContaining("--envoy must name an executable file");
  }

  private MeshPlan plan(int offset) {
    return new MeshPlan(
        folder.resolve("dir"),
        folder.resolve("state"),
        offset,
        8080 + offset,
        false,
        false,
        true,
        null,
        null,
        0);
  }

  private static JsonWebKeys keys(Path file) {
    try {
      return JsonWebKeys.parse(Files.readString(file), "key set");
    } catch (java.io.IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
