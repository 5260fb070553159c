// SPDX-License-Identifier: Apache-2.0
package io.flotilla.citadel.sign;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.identity.CertificateAuthority;
import io.flotilla.identity.TrustDomain;
import java.io.BufferedReader;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A process that makes roots is killed at any moment: no half of a root is ever found. */
class RootDirectoryIT {
  @TempDir Path folder;

  @Test
  void neverLeavesHalfOfARoot() throws Exception {
    Random random = new Random();
    for (int round = 0; round < 5; round++) {
      Path roots = Files.createDirectory(folder.resolve("round-" + round));
      Process maker =
          new ProcessBuilder(
                  Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                  "-Xmx128m",
                  "-cp",
                  System.getProperty("java.class.path"),
                  RootMaker.class.getName(),
                  roots.toString())
              .redirectErrorStream(true)
              .start();
      try (BufferedReader output =
          new BufferedReader(
              new InputStreamReader(maker.getInputStream(), StandardCharsets.UTF_8))) {
        int some = 3 + random.nextInt(30);
        for (int i = 0; i < some; i++) {
          assertThat(output.readLine()).contains("made");
        }
        TimeUnit.MICROSECONDS.sleep(random.nextInt(5000));
      } finally {
        maker.destroyForcibly().waitFor();
      }

      for (Path each : directories(roots)) {
        CertificateAuthority found =
            new RootDirectory(each)
                .loadOrCreate(TrustDomain.CLUSTER_LOCAL, Duration.ofDays(1), Clock.systemUTC());
        assertThat(found.issuers()).hasSize(1);
      }
    }
  }

  private static List<Path> directories(Path folder) throws Exception {
    try (Stream<Path> all = Files.list(folder)) {
      return all.toList();
    }
  }
}
