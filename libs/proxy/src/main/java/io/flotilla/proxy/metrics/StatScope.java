// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.metrics;

/**
 * Where statistics belong.
 *
 * @param prefix of their names as Envoy writes them: "cluster.NAME;."
 * @param metric the prefix of their Prometheus names: "envoy_cluster_"
 * @param label the Prometheus label that stands for what the prefix names, as Istio's bootstrap
 *     takes it out of the name (stats_tags): "cluster_name"; empty: none
 * @param value of that label
 */
public record StatScope(String prefix, String metric, String label, String value) {
  /** One of the process: "server". */
  public static StatScope of(String name) {
    return new StatScope(name + ".", "envoy_" + name.replace('.', '_') + "_", "", "");
  }

  /** A cluster's. */
  public static StatScope cluster(String name) {
    String clean = clean(name);
    // As istiod names it: the semicolon ends a name that has dots of its own.
    return new StatScope("cluster." + clean + ";.", "envoy_cluster_", "cluster_name", clean);
  }

  /** A listener's; {@code address} is "ip:port". */
  public static StatScope listener(String address) {
    String clean = clean(address);
    return new StatScope("listener." + clean + ".", "envoy_listener_", "listener_address", clean);
  }

  /** An HTTP connection manager's. */
  public static StatScope http(String prefix) {
    String clean = clean(prefix);
    return new StatScope(
        "http." + clean + ".",
        "envoy_http_",
        "http_conn_manager_prefix",
        clean.endsWith(";") ? clean.substring(0, clean.length() - 1) : clean);
  }

  // As Envoy writes names into statistics.
  private static String clean(String name) {
    return name.replace("://", "_").replace(':', '_').replace('\0', '_');
  }
}
