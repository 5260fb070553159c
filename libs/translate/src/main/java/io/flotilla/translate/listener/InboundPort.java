// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate.listener;

import io.flotilla.model.cluster.Cluster.ServiceRef;
import io.flotilla.translate.service.Protocol;
import java.util.List;

/**
 * A port of this proxy's workload that services lead to.
 *
 * @param port the workload's
 * @param servicePort the first service's
 * @param services all that lead here; the first gives protocol and names
 */
public record InboundPort(
    int port, int servicePort, Protocol protocol, List<ServiceRef> services, String source) {
  public InboundPort {
    services = List.copyOf(services);
  }

  /** Istio's name of the cluster to the application. */
  public String cluster() {
    return "inbound|" + port + "||";
  }
}
