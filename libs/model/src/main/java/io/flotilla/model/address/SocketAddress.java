// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.address;

import io.flotilla.model.Checks;

/**
 * A host and a port.
 *
 * @param host an IP literal without brackets, or (in clusters resolved by DNS) a host name
 * @param port 0 to 65535; 0 lets the system choose when binding
 */
public record SocketAddress(String host, int port) implements Address {
  public SocketAddress {
    Checks.notEmpty(host, "address host");
    Checks.inRange(port, 0, 65535, "port of address " + host);
  }

  @Override
  public String toString() {
    return host.indexOf(':') >= 0 ? "[" + host + "]:" + port : host + ":" + port;
  }
}
