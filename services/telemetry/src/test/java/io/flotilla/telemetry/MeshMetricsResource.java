// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A mesh's metrics to scrape, listed in a file that Prometheus can read too, and one target that is
 * away.
 */
public class MeshMetricsResource implements QuarkusTestResourceLifecycleManager {
  private @Nullable IstioExporter exporter;
  private @Nullable Path folder;

  @Override
  public Map<String, String> start() {
    try {
      exporter = new IstioExporter();
      folder = Files.createTempDirectory("telemetry-test");
      Path file = folder.resolve("targets.json");
      Files.writeString(file, fileSd(exporter.address()));
      return Map.of(
          "flotilla.telemetry.scrape.file", file.toString(),
          "flotilla.telemetry.scrape.targets", "127.0.0.1:1",
          "flotilla.telemetry.scrape.interval", "1s",
          "flotilla.telemetry.scrape.window", "5m");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The content of a file_sd file. */
  public static String fileSd(String address) {
    return "[{\"targets\":[\"" + address + "\"],\"labels\":{\"job\":\"mesh\",\"zone\":\"a\"}}]";
  }

  @Override
  public void stop() {
    try {
      if (exporter != null) {
        exporter.close();
      }
      if (folder != null) {
        Files.deleteIfExists(folder.resolve("targets.json"));
        Files.deleteIfExists(folder);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
