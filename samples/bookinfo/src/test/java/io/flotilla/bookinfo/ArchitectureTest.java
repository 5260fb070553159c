// SPDX-License-Identifier: Apache-2.0
package io.flotilla.bookinfo;

import io.flotilla.testkit.architecture.Architecture;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
  @Test
  void keepsTheRulesOfTheMap() {
    Architecture.of("io.flotilla.bookinfo")
        .everywhere()
        .without(
            "io.netty..",
            "io.quarkus..",
            "io.envoyproxy..",
            "io.flotilla.model..",
            "io.flotilla.proxy..");
  }
}
