// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate.service;

import io.flotilla.model.endpoint.Endpoint.WorkloadRef;
import io.flotilla.model.endpoint.Locality;
import java.util.Map;

/**
 * One place that serves a port of a service.
 *
 * @param address an IP literal, a host name (DNS resolutions) or "unix:" and a path
 * @param servicePort the service's port
 * @param port where it listens
 * @param weight 1 and up
 * @param identity the SPIFFE id its certificate shows; empty: unknown
 * @param meshTls whether it takes the mesh's TLS (label security.istio.io/tlsMode: istio)
 */
public record ServiceEndpoint(
    String address,
    int servicePort,
    int port,
    Map<String, String> labels,
    String namespace,
    Locality locality,
    int weight,
    String identity,
    boolean meshTls,
    WorkloadRef workload) {
  public ServiceEndpoint {
    labels = Map.copyOf(labels);
  }

  /** The same, not taking the mesh's TLS. */
  public ServiceEndpoint withoutMeshTls() {
    return new ServiceEndpoint(
        address, servicePort, port, labels, namespace, locality, weight, identity, false, workload);
  }
}
