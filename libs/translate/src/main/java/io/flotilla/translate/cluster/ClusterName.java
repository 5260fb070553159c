// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate.cluster;

/** Istio's names of outbound clusters, which proxies, tools and metrics know. */
public final class ClusterName {
  /** Takes nothing. */
  public static final String BLACK_HOLE = "BlackHoleCluster";

  /** Goes where the client meant to. */
  public static final String PASSTHROUGH = "PassthroughCluster";

  private ClusterName() {}

  /** "outbound|9080|v1|reviews.default.svc.cluster.local"; the subset may be empty. */
  public static String outbound(int port, String subset, String host) {
    return "outbound|" + port + "|" + subset + "|" + host;
  }

  /** The server name that mesh TLS carries: "outbound_.9080_.v1_.reviews.default...". */
  public static String sni(int port, String subset, String host) {
    return "outbound_." + port + "_." + subset + "_." + host;
  }
}
