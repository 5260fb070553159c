// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.shell;

import io.quarkus.test.common.QuarkusTestResourceLifecycleManager;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;

/** The configuration of a proxy whose control plane is not there; its type is an argument. */
public final class LonelyProxy implements QuarkusTestResourceLifecycleManager {
  private String type = "sidecar";

  @Override
  public void init(Map<String, String> arguments) {
    type = arguments.get("type");
  }

  @Override
  public Map<String, String> start() {
    try {
      Path folder = Files.createTempDirectory(Path.of("target"), "proxy").toAbsolutePath();
      ThreadLocalRandom random = ThreadLocalRandom.current();
      Path file = folder.resolve("proxy.json");
      Files.writeString(
          file,
          """
          {"type": "%s", "name": "lonely-1", "namespace": "shop", "ip": "127.%d.%d.9",
           "controlPlane": {"xdsAddress": "127.0.0.1:1", "xdsTls": true, "caAddress": "127.0.0.1:1",
             "rootFile": "%s/root-cert.pem", "tokenFile": "%s/token"},
           "stateDir": "%s/state"}
          """
              .formatted(
                  type, random.nextInt(64, 250), random.nextInt(250), folder, folder, folder));
      return Map.of("flotilla.proxy.config", file.toString());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  @Override
  public void stop() {}
}
