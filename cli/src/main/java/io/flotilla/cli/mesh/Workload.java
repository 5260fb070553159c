// SPDX-License-Identifier: Apache-2.0
package io.flotilla.cli.mesh;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A workload of the local mesh with its proxy.
 *
 * @param number its place: it owns the addresses 127.10.k.number (proxy) and 127.11.k.number (app)
 * @param role sidecar or gateway
 * @param name "reviews-v1", as the workload entry and the proxy are called
 * @param app "reviews": the label {@code app} and the canonical service
 * @param labels all labels, {@code app} among them
 * @param inbound inbound port of the proxy to the application's "host:port"; of a gateway: server
 *     port to the "host:port" to bind
 */
public record Workload(
    int number,
    Role role,
    String name,
    String namespace,
    String app,
    String serviceAccount,
    Map<String, String> labels,
    Map<Integer, String> inbound) {

  /** What the workload's proxy is. */
  public enum Role {
    SIDECAR,
    GATEWAY
  }

  /** The port that every service of bookinfo has. */
  public static final int BOOKINFO_PORT = 9080;

  private static final int INGRESS = 100;
  private static final int EGRESS = 101;

  public Workload {
    labels = Map.copyOf(labels);
    inbound = Map.copyOf(inbound);
  }

  /** The services of bookinfo, each with a sidecar. */
  static List<Workload> bookinfo(Addresses addresses) {
    return List.of(
        service(addresses, 1, "productpage", "v1"),
        service(addresses, 2, "details", "v1"),
        service(addresses, 3, "ratings", "v1"),
        service(addresses, 4, "reviews", "v1"),
        service(addresses, 5, "reviews", "v2"),
        service(addresses, 6, "reviews", "v3"));
  }

  private static Workload service(Addresses addresses, int number, String app, String version) {
    Map<String, String> labels = new LinkedHashMap<>();
    labels.put("app", app);
    labels.put("version", version);
    return new Workload(
        number,
        Role.SIDECAR,
        app + "-" + version,
        "default",
        app,
        "bookinfo-" + app,
        labels,
        Map.of(BOOKINFO_PORT, addresses.app(number) + ":" + BOOKINFO_PORT));
  }

  /** The gateways; port 8080 of the ingress gateway is the mesh's entrance. */
  static List<Workload> gateways(Addresses addresses, int entrance) {
    String egress = addresses.proxy(EGRESS);
    return List.of(
        gateway(
            INGRESS,
            "ingressgateway",
            Map.of(
                8080,
                "127.0.0.1:" + entrance,
                80,
                addresses.proxy(INGRESS) + ":8081",
                443,
                addresses.proxy(INGRESS) + ":8443")),
        gateway(
            EGRESS,
            "egressgateway",
            Map.of(8080, egress + ":8080", 80, egress + ":8080", 443, egress + ":8443")));
  }

  private static Workload gateway(int number, String name, Map<Integer, String> listen) {
    return new Workload(
        number,
        Role.GATEWAY,
        "istio-" + name,
        "istio-system",
        "istio-" + name,
        "istio-" + name + "-service-account",
        Map.of("app", "istio-" + name, "istio", name),
        listen);
  }
}
