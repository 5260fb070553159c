// SPDX-License-Identifier: Apache-2.0
package io.flotilla.cli.mesh;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Tells before anything starts that an address which the mesh needs is taken, and by whom needed.
 */
final class PortCheck {
  private static final int[] PROXY_PORTS = {15000, 15007, 15020, 15021, 15090};

  private PortCheck() {}

  /**
   * @throws MeshException naming the first port in use
   */
  static void check(MeshPlan plan) {
    addresses(plan).forEach((address, owner) -> check(address, owner, plan));
  }

  private static Map<String, String> addresses(MeshPlan plan) {
    Map<String, String> needed = new LinkedHashMap<>();
    needed.put("127.0.0.1:" + plan.entrance(), "the ingress gateway");
    for (ControlPort port : ControlPort.values()) {
      if (plan.processes() || !port.onlyApart()) {
        needed.put("127.0.0.1:" + plan.port(port), port.owner());
      }
    }
    // With capture every workload has a network of its own, where nothing else listens.
    for (Workload workload : plan.capture() ? List.<Workload>of() : plan.workloads()) {
      String address = plan.addresses().proxy(workload.number());
      for (int port : PROXY_PORTS) {
        needed.put(address + ":" + port, "the proxy of " + workload.name());
      }
      if (workload.role() == Workload.Role.SIDECAR) {
        workload
            .inbound()
            .forEach(
                (port, app) -> {
                  needed.put(address + ":" + port, "the proxy of " + workload.name());
                  needed.put(app, workload.name());
                });
      }
    }
    return needed;
  }

  private static void check(String address, String owner, MeshPlan plan) {
    int colon = address.lastIndexOf(':');
    String host = address.substring(0, colon);
    int port = Integer.parseInt(address.substring(colon + 1));
    try (ServerSocket probe = new ServerSocket()) {
      probe.setReuseAddress(true);
      probe.bind(new InetSocketAddress(InetAddress.ofLiteral(host), port));
    } catch (IOException e) {
      String remedy =
          port == plan.entrance()
              ? "choose another with --port"
              : "stop what listens there, or move the whole mesh with --offset "
                  + (plan.offset() + 100);
      throw new MeshException(
          "Port "
              + port
              + " on "
              + host
              + ", which "
              + owner
              + " needs, cannot be used ("
              + e.getMessage()
              + "): "
              + remedy
              + ".",
          e);
    }
  }
}
