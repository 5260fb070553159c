// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate.listener;

import java.util.Map;

/**
 * The mutual TLS of one workload.
 *
 * @param workload where no port says otherwise
 * @param ports by the workload's port
 */
public record MtlsPolicy(MtlsMode workload, Map<Integer, MtlsMode> ports) {
  /** Istio's default. */
  public static final MtlsPolicy PERMISSIVE = new MtlsPolicy(MtlsMode.PERMISSIVE, Map.of());

  public MtlsPolicy {
    ports = Map.copyOf(ports);
  }

  /** What the workload's {@code port} takes. */
  public MtlsMode of(int port) {
    return ports.getOrDefault(port, workload);
  }
}
