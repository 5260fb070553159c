// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.address;

import io.flotilla.model.Checks;
import java.util.Optional;

/**
 * A listener of the proxy itself that is reached within the process (Envoy:
 * config.core.v3.EnvoyInternalAddress).
 *
 * @param listener its name
 * @param endpoint tells endpoints of one cluster apart ("10.0.0.9:9080"); may be empty
 * @param destination where connections mean to go, as the listener sees it; empty: what the
 *     connection on whose behalf it is opened says
 */
public record InternalAddress(String listener, String endpoint, Optional<SocketAddress> destination)
    implements Address {
  public InternalAddress {
    Checks.notEmpty(listener, "listener of an internal address");
  }

  @Override
  public String toString() {
    return "internal:" + listener + (endpoint.isEmpty() ? "" : "/" + endpoint);
  }
}
