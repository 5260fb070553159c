// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.shell;

import io.flotilla.testkit.architecture.Architecture;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
  @Test
  void keepsTheRulesOfTheMap() {
    Architecture.of("io.flotilla.proxy.shell").everywhere().without("io.envoyproxy..");
  }
}
