// SPDX-License-Identifier: Apache-2.0
package io.flotilla.standalone.proxies;

import io.flotilla.testkit.architecture.Architecture;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
  @Test
  void keepsTheRulesOfTheMap() {
    Architecture.of("io.flotilla.standalone.proxies").everywhere().without("io.envoyproxy..");
  }
}
