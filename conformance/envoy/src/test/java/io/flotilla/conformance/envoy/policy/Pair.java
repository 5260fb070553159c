// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.envoy.policy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.flotilla.conformance.envoy.Ours;
import io.flotilla.model.snapshot.ProxySnapshot;
import io.flotilla.proxy.ProxyEngine;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** A real Envoy and an engine of ours that run the same snapshot from their start. */
final class Pair implements AutoCloseable {
  private static final String ENVOY = System.getProperty("flotilla.envoy", "");

  private final StaticEnvoy envoy;
  private final ProxyEngine engine;

  Pair(Path folder, ProxySnapshot snapshot) throws IOException, InterruptedException {
    envoy = new StaticEnvoy(ENVOY, folder, snapshot);
    engine = Ours.engine();
    assertThat(engine.apply(snapshot).join().problems()).isEmpty();
  }

  /** Skips the test where there is no Envoy. */
  static void assumeEnvoy() {
    assumeTrue(Files.isExecutable(Path.of(ENVOY)), "there is no Envoy at '" + ENVOY + "'");
  }

  StaticEnvoy envoy() {
    return envoy;
  }

  ProxyEngine engine() {
    return engine;
  }

  /** Where Envoy listens. */
  int theirs(String listener) {
    return envoy.port(listener);
  }

  /** Where ours listens. */
  int ours(String listener) {
    return engine.addresses(listener).getFirst().getPort();
  }

  /** Envoy's port, then ours. */
  int[] ports(String listener) {
    return new int[] {theirs(listener), ours(listener)};
  }

  @Override
  public void close() {
    envoy.close();
    engine.close();
  }
}
