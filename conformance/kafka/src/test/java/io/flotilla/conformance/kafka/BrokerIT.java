// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.kafka;

import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class BrokerIT {
  @Test
  void startsAgainWithItsData(@TempDir Path folder) throws Exception {
    try (Broker broker = Broker.start(folder)) {
      broker.kill();
      broker.start();
    }
  }
}
