// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.envoy.policy;

import io.flotilla.model.cluster.Cluster;
import io.flotilla.model.cluster.Discovery;
import io.flotilla.model.endpoint.ClusterLoadAssignment;
import io.flotilla.model.endpoint.Endpoint;
import java.util.List;

/** Clusters in other words. */
final class Clusters {
  private Clusters() {}

  /** Of one endpoint of this machine. */
  static Cluster fixed(String name, int port) {
    return Cluster.of(
        name,
        new Discovery.Static(
            ClusterLoadAssignment.of(name, List.of(Endpoint.of("127.0.0.1", port)))));
  }

  /** That speaks HTTP/2 without being asked. */
  static Cluster http2(Cluster c) {
    return new Cluster(
        c.name(),
        c.discovery(),
        c.loadBalancing(),
        c.connectTimeout(),
        Cluster.HttpUpstream.HTTP2,
        c.transports(),
        c.circuitBreakers(),
        c.outlierDetection(),
        c.bindSource(),
        c.services(),
        c.connection(),
        c.source());
  }
}
