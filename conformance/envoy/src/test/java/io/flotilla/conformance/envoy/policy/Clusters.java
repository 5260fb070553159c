// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.envoy.policy;

import io.flotilla.model.cluster.Cluster;

/** Clusters in other words. */
final class Clusters {
  private Clusters() {}

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
