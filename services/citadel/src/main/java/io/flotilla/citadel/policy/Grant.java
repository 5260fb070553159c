// SPDX-License-Identifier: Apache-2.0
package io.flotilla.citadel.policy;

import io.flotilla.identity.SpiffeId;
import java.time.Duration;
import java.util.List;

/**
 * What a caller gets.
 *
 * @param hosts DNS names and addresses beside the id
 */
public record Grant(SpiffeId id, List<String> hosts, Duration life) {
  public Grant {
    hosts = List.copyOf(hosts);
  }
}
