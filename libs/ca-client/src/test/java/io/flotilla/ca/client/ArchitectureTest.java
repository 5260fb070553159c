// SPDX-License-Identifier: Apache-2.0
package io.flotilla.ca.client;

import io.flotilla.testkit.architecture.Architecture;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
  @Test
  void keepsTheRulesOfTheMap() {
    Architecture.of("io.flotilla.ca.client")
        .everywhere()
        .without("io.quarkus..", "io.fabric8..", "io.envoyproxy..");
  }
}
