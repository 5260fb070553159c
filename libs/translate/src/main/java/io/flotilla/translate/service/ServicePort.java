// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate.service;

/**
 * A port of a service.
 *
 * @param number what clients connect to
 * @param name may be empty
 * @param targetPort the endpoints' port where nothing else tells
 * @param targetName the name of the endpoints' port, or empty
 */
public record ServicePort(
    int number, String name, Protocol protocol, int targetPort, String targetName) {

  /** Where {@code workload} serves it. */
  public int of(Workload workload) {
    Integer own = workload.ports().get(name);
    if (own == null && !targetName.isEmpty()) {
      own = workload.ports().get(targetName);
    }
    return own == null ? targetPort : own;
  }
}
