// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.cluster;

import io.flotilla.model.Checks;
import io.flotilla.model.endpoint.ClusterLoadAssignment;
import java.util.Optional;

/** Where a cluster's endpoints come from. */
public sealed interface Discovery {

  /** EDS, under this name. */
  record Eds(String serviceName) implements Discovery {
    public Eds {
      Checks.notEmpty(serviceName, "EDS service name");
    }
  }

  /** The addresses given; all IP literals. */
  record Static(ClusterLoadAssignment endpoints) implements Discovery {}

  /** Every address that the names resolve to. */
  record StrictDns(ClusterLoadAssignment endpoints) implements Discovery {}

  /** The first address that the single name resolves to, again for each new connection. */
  record LogicalDns(ClusterLoadAssignment endpoints) implements Discovery {}

  /**
   * The connection's original destination.
   *
   * @param portOverride the port in place of the original one
   */
  record OriginalDestination(Optional<Integer> portOverride) implements Discovery {}
}
