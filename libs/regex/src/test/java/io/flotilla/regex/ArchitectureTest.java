// SPDX-License-Identifier: Apache-2.0
package io.flotilla.regex;

import io.flotilla.testkit.architecture.Architecture;
import org.junit.jupiter.api.Test;

class ArchitectureTest {
  @Test
  void keepsTheRulesOfTheMap() {
    Architecture.of("io.flotilla.regex").everywhere().pure();
  }
}
