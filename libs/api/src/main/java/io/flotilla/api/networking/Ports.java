// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.networking;

import static io.flotilla.api.InvalidValueException.require;

import java.util.Optional;

/** The range of port numbers. */
final class Ports {
  private static final int GREATEST = 65535;

  private Ports() {}

  static void check(String field, Optional<Integer> port) {
    port.ifPresent(p -> check(field, p));
  }

  static void check(String field, int port) {
    require(port > 0 && port <= GREATEST, field, "a port is 1 to 65535, not " + port);
  }
}
