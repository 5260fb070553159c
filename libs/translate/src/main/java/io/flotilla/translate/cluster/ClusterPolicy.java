// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate.cluster;

import io.flotilla.model.cluster.CircuitBreakers;
import io.flotilla.model.cluster.ConnectionSettings;
import io.flotilla.model.cluster.LoadBalancing;
import io.flotilla.model.cluster.OutlierDetection;
import io.flotilla.model.cluster.TransportMatch.ProxyHeader;
import io.flotilla.model.route.HashPolicy;
import java.time.Duration;
import java.util.Optional;

/**
 * How one cluster is treated: a DestinationRule's traffic policy for one port and subset, with
 * Istio's defaults where it says nothing.
 *
 * @param tls empty: mesh TLS where the endpoints take it
 * @param hash what requests are hashed by, for consistent hashing
 * @param http2 HTTP/1.1 is upgraded (h2UpgradePolicy: UPGRADE)
 * @param passthrough connections go where the client meant to (loadBalancer: PASSTHROUGH)
 * @param proxyHeader goes ahead of all else on each connection (proxyProtocol)
 */
public record ClusterPolicy(
    LoadBalancing loadBalancing,
    Optional<HashPolicy> hash,
    CircuitBreakers circuitBreakers,
    ConnectionSettings connection,
    Duration connectTimeout,
    Optional<OutlierDetection> outlierDetection,
    Optional<TlsOrigination> tls,
    boolean http2,
    boolean passthrough,
    Optional<ProxyHeader> proxyHeader) {

  /** Without a DestinationRule. */
  public static final ClusterPolicy DEFAULT =
      new ClusterPolicy(
          LoadBalancing.LEAST_REQUEST,
          Optional.empty(),
          CircuitBreakers.UNLIMITED,
          ConnectionSettings.DEFAULT,
          Duration.ofSeconds(10),
          Optional.empty(),
          Optional.empty(),
          false,
          false,
          Optional.empty());
}
