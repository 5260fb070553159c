// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.mesh;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What the launcher tells about a mesh that runs. */
@ExtendWith(SharedMesh.class)
class LifecycleIT {
  @Test
  void tellsThatItIsReadyAndWhereEverythingIs(RunningMesh mesh) throws Exception {
    JsonNode status = mesh.status();

    assertThat(status.path("ready").asBoolean()).isTrue();
    assertThat(status.path("dir").asText()).isEqualTo(mesh.dir().toString());
    for (String url : new String[] {"application", "console"}) {
      assertThat(
              HttpClient.newHttpClient()
                  .send(
                      HttpRequest.newBuilder(URI.create(status.path("urls").path(url).asText()))
                          .build(),
                      BodyHandlers.discarding())
                  .statusCode())
          .as(url)
          .isEqualTo(200);
    }
    assertThat(status.path("urls").path("traces").asText()).startsWith("http://127.0.0.1:");
  }

  @Test
  void refusesASecondMeshOnTheSamePorts(RunningMesh mesh) throws Exception {
    RunningMesh.Outcome second = mesh.flotilla("up", "--detach");

    assertThat(second.status()).isEqualTo(1);
    assertThat(second.output()).contains("A mesh runs already").contains("down");
    assertThat(mesh.status().path("ready").asBoolean()).isTrue();
  }

  @Test
  void keepsSecretsFromOtherUsers(RunningMesh mesh) throws Exception {
    try (var files = Files.walk(mesh.state())) {
      assertThat(
              files.filter(
                  file -> file.toString().endsWith(".jwt") || file.toString().contains("key")))
          .isNotEmpty()
          .filteredOn(Files::isRegularFile)
          .allSatisfy(
              file ->
                  assertThat(
                          java.nio.file.attribute.PosixFilePermissions.toString(
                              Files.getPosixFilePermissions(file)))
                      .isEqualTo("rw-------"));
    }
  }

  @Test
  void putsAProcessOfTheUsersOwnIntoTheMesh(RunningMesh mesh) throws Exception {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = free.getLocalPort();
    }
    Process run =
        mesh.launch(
            "run",
            "--service",
            "hello",
            "--port",
            String.valueOf(port),
            "--",
            "python3",
            "-m",
            "http.server",
            "--bind",
            "127.0.0.1",
            String.valueOf(port));
    try {
      HttpClient throughProductpage =
          HttpClient.newBuilder()
              .proxy(
                  java.net.ProxySelector.of(
                      new java.net.InetSocketAddress(mesh.proxyAddress(1), 15007)))
              .build();
      Eventually.within(
          java.time.Duration.ofSeconds(40),
          () ->
              assertThat(
                      throughProductpage
                          .send(
                              HttpRequest.newBuilder(URI.create("http://hello:" + port + "/"))
                                  .build(),
                              BodyHandlers.ofString())
                          .body())
                  .contains("Directory listing"));
    } finally {
      run.destroy();
      run.waitFor();
    }
    try (var files = Files.list(mesh.dir())) {
      assertThat(files.map(file -> file.getFileName().toString()))
          .noneMatch(name -> name.startsWith("run-"));
    }
  }
}
