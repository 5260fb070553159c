// SPDX-License-Identifier: Apache-2.0
package io.flotilla.agent;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What a proxy is doing at one moment.
 *
 * @param ready listeners bound, first configuration in force, certificate held
 * @param reason what it waits for, as a sentence; "ready" when ready
 * @param revision of the configuration in force; 0 before the first, or when its origin tells none
 * @param certificateExpiry of the workload certificate
 * @param listeners "name address" of those that are bound
 * @param problems resources that were refused, and why
 */
public record AgentStatus(
    boolean ready,
    String reason,
    String nodeId,
    long revision,
    Optional<Instant> certificateExpiry,
    List<String> listeners,
    List<String> problems) {
  public AgentStatus {
    listeners = List.copyOf(listeners);
    problems = List.copyOf(problems);
  }
}
