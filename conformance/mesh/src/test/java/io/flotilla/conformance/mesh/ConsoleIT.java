// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.mesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** The console's page of the running mesh, in the installed Chromium. */
@ExtendWith(SharedMesh.class)
@EnabledIfSystemProperty(
    named = "flotilla.mesh.all",
    matches = "true",
    disabledReason =
        "the dump of the page is taken before its first figures; services/console proves the page in Chromium")
class ConsoleIT {
  private static final Path CHROMIUM = Path.of("/usr/bin/chromium");

  @Test
  void drawsTheServicesBetweenWhichRequestsFlow(RunningMesh mesh, @TempDir Path folder)
      throws Exception {
    assumeThat(RunningMesh.dataplane())
        .as("upstream's Envoy has no istio.stats, so there are no istio_* metrics")
        .isEqualTo("flotilla");
    assumeThat(CHROMIUM).as("the package chromium is not installed").isExecutable();
    try (Traffic.Steady flow = Traffic.anonymous(mesh).steadily(Traffic.PAGE, 20)) {
      Eventually.within(
          Duration.ofSeconds(60),
          () ->
              assertThat(rendered(mesh, folder))
                  .contains("productpage", "reviews", "details", "ratings")
                  .contains("istio-ingressgateway"));
    }
  }

  /** The document as it stands a few seconds after the page was opened. */
  private static String rendered(RunningMesh mesh, Path folder) throws Exception {
    Path document = Files.createTempFile(folder, "document", ".html");
    Process chromium =
        new ProcessBuilder(
                CHROMIUM.toString(),
                "--headless",
                "--no-sandbox",
                "--disable-gpu",
                "--disable-quic",
                "--no-first-run",
                "--disable-background-networking",
                "--disable-component-update",
                "--disable-sync",
                "--user-data-dir=" + Files.createTempDirectory(folder, "profile"),
                "--timeout=8000",
                "--dump-dom",
                mesh.control(20001).toString() + "/")
            .redirectOutput(document.toFile())
            .redirectError(ProcessBuilder.Redirect.DISCARD)
            .start();
    if (!chromium.waitFor(60, TimeUnit.SECONDS)) {
      chromium.destroyForcibly().waitFor();
    }
    return Files.readString(document);
  }
}
