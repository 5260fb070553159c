// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds;

import java.util.List;

/** Envoy's resource types, and the order in which they are pushed. */
public final class TypeUrl {
  public static final String CLUSTER = "type.googleapis.com/envoy.config.cluster.v3.Cluster";
  public static final String ENDPOINTS =
      "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment";
  public static final String LISTENER = "type.googleapis.com/envoy.config.listener.v3.Listener";
  public static final String ROUTES =
      "type.googleapis.com/envoy.config.route.v3.RouteConfiguration";
  public static final String SECRET =
      "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret";

  /** Istio's own: the names that the DNS proxy of a workload answers. One resource, unnamed. */
  public static final String NAME_TABLE = "type.googleapis.com/istio.networking.nds.v1.NameTable";

  /**
   * What must exist before what refers to it (xDS protocol, "Eventual consistency considerations").
   */
  public static final List<String> PUSH_ORDER =
      List.of(CLUSTER, ENDPOINTS, LISTENER, ROUTES, SECRET);

  private TypeUrl() {}

  /**
   * Whether a state-of-the-world response of this type holds all that the client subscribed to, so
   * that what is missing does not exist. Of the others a response holds what changed.
   */
  public static boolean isFullState(String typeUrl) {
    return !typeUrl.equals(ENDPOINTS) && !typeUrl.equals(ROUTES) && !typeUrl.equals(SECRET);
  }
}
