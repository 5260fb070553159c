// SPDX-License-Identifier: Apache-2.0
package io.flotilla.galley;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;

/** Folders of the test's own for the watched directory and the state. */
public class GalleyFolders implements QuarkusTestResourceLifecycleManager {
  /** The system property that names the watched directory. */
  static final String DIR = "flotilla.galley.source.dir";

  @Override
  public Map<String, String> start() {
    try {
      Path root = Files.createTempDirectory("galley");
      Path dir = Files.createDirectory(root.resolve("config"));
      return Map.of(
          DIR, dir.toString(), "flotilla.galley.state.dir", root.resolve("state").toString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void stop() {}
}
