// SPDX-License-Identifier: Apache-2.0
package io.flotilla.cli.mesh;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The files by which {@code up} tells the processes what to be; all in the state directory. */
final class MeshFiles {
  private static final ObjectMapper JSON =
      new ObjectMapper().enable(SerializationFeature.INDENT_OUTPUT);

  private final MeshPlan plan;

  MeshFiles(MeshPlan plan) {
    this.plan = plan;
  }

  /** The log of a part. */
  Path log(String part) {
    return plan.state().resolve("logs").resolve(part + ".log");
  }

  /** The settings of a Quarkus process. */
  Path settings(String part) {
    return plan.state().resolve(part + ".properties");
  }

  /** The proxies of a process. */
  Path proxies(String part) {
    return plan.state().resolve(part + ".json");
  }

  /** What the bookinfo process hosts. */
  Path bookinfo() {
    return plan.state().resolve("bookinfo.json");
  }

  /** Prometheus' file_sd targets, one file a part. */
  Path targets() {
    return plan.state().resolve("targets");
  }

  /** The root certificate, which Citadel writes. */
  Path root() {
    return plan.state().resolve("citadel").resolve("root-cert.pem");
  }

  void writeSettings(String part, Map<String, String> settings) throws IOException {
    StringBuilder text = new StringBuilder();
    new TreeMap<>(settings)
        .forEach((key, value) -> text.append(key).append('=').append(escape(value)).append('\n'));
    Files.writeString(settings(part), text);
  }

  private static String escape(String value) {
    return value.replace("\\", "\\\\").replace("\n", "\\n");
  }

  /** The proxies of one process; {@code file} as the process reads it. */
  void writeProxies(Path file, List<Workload> workloads, Tokens tokens) throws IOException {
    ObjectNode node = JSON.createObjectNode();
    ArrayNode proxies = node.putArray("proxies");
    for (Workload workload : workloads) {
      proxies.add(proxy(workload, tokens.mint(workload.namespace(), workload.serviceAccount())));
    }
    Files.writeString(file, JSON.writeValueAsString(node));
  }

  private ObjectNode proxy(Workload workload, Path token) {
    boolean gateway = workload.role() == Workload.Role.GATEWAY;
    ObjectNode node = JSON.createObjectNode();
    node.put("type", gateway ? "router" : "sidecar");
    node.put("name", workload.name());
    node.put("namespace", workload.namespace());
    node.put("workload", workload.name());
    node.put("ip", plan.addresses().proxy(workload.number()));
    node.put("serviceAccount", workload.serviceAccount());
    ObjectNode labels = node.putObject("labels");
    new TreeMap<>(workload.labels()).forEach(labels::put);
    ObjectNode ports = node.putObject(gateway ? "listen" : "appEndpoints");
    new TreeMap<>(workload.inbound())
        .forEach((port, address) -> ports.put(port.toString(), address));
    ObjectNode control = node.putObject("controlPlane");
    control.put("xdsAddress", plan.local(ControlPort.PILOT_TLS));
    control.put("xdsTls", true);
    control.put("caAddress", plan.local(ControlPort.CITADEL));
    control.put("rootFile", root().toString());
    control.put("tokenFile", token.toString());
    node.put("dataplane", plan.dataplane());
    node.put("stateDir", plan.state().resolve("proxy").resolve(workload.name()).toString());
    if (plan.certificateTtlSeconds() > 0) {
      node.put("certificateTtlSeconds", plan.certificateTtlSeconds());
    }
    return node;
  }

  void writeBookinfo(List<Workload> workloads) throws IOException {
    ObjectNode node = JSON.createObjectNode();
    ArrayNode services = node.putArray("services");
    for (Workload workload : workloads) {
      if (workload.role() == Workload.Role.SIDECAR) {
        ObjectNode service = services.addObject();
        service.put("service", workload.app());
        service.put("version", workload.labels().get("version"));
        service.put("listen", workload.inbound().get(Workload.BOOKINFO_PORT));
        service.put("proxy", "http://" + plan.addresses().proxy(workload.number()) + ":15007");
        service.put("podName", workload.name());
        service.put("clusterName", "Kubernetes");
      }
    }
    Files.writeString(bookinfo(), JSON.writeValueAsString(node));
  }

  /** What telemetry and a Prometheus server scrape. */
  void writeTargets(String part, List<Workload> workloads) throws IOException {
    Files.createDirectories(targets());
    ArrayNode groups = JSON.createArrayNode();
    for (Workload workload : workloads) {
      ObjectNode group = groups.addObject();
      group.putArray("targets").add(plan.addresses().proxy(workload.number()) + ":15020");
      group
          .putObject("labels")
          .put("__metrics_path__", "/stats/prometheus")
          .put("namespace", workload.namespace())
          .put("pod", workload.name())
          .put("app", workload.app());
    }
    Path half = targets().resolve("." + part + ".tmp");
    Files.writeString(half, JSON.writeValueAsString(groups));
    Files.move(
        half, targets().resolve(part + ".json"), java.nio.file.StandardCopyOption.ATOMIC_MOVE);
  }
}
