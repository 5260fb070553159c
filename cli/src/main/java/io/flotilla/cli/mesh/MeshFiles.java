// SPDX-License-Identifier: Apache-2.0
package io.flotilla.cli.mesh;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.channels.FileChannel;
import java.nio.channels.FileLock;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.StandardOpenOption;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Stream;

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

  /** What a process of proxies or of the application hosts. */
  Path hosted(String part) {
    return plan.state().resolve(part + ".json");
  }

  /** Prometheus' file_sd targets: one file a part, which a Prometheus server reads. */
  Path targets() {
    return plan.state().resolve("targets");
  }

  /** The same in one file, which telemetry reads. */
  Path allTargets() {
    return plan.state().resolve("targets.json");
  }

  /** Where Galley keeps its history and what was last good. */
  Path galley() {
    return plan.state().resolve("galley");
  }

  /** Where Citadel keeps its root. */
  Path citadel() {
    return plan.state().resolve("citadel");
  }

  /** Telemetry's traces, which outlive the mesh. */
  public Path traces() {
    return plan.state().resolve("traces");
  }

  /** Where Pilot keeps its last good configuration. */
  Path pilot() {
    return plan.state().resolve("pilot");
  }

  /** The root certificate, which Citadel writes. */
  Path root() {
    return citadel().resolve("root-cert.pem");
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

  /** The proxy of a process of its own. */
  void writeProxy(Path file, Workload workload, Tokens tokens) throws IOException {
    Path token = tokens.mint(workload.namespace(), workload.serviceAccount());
    Files.writeString(file, JSON.writeValueAsString(proxy(workload, token)));
  }

  private ObjectNode proxy(Workload workload, Path token) {
    boolean gateway = workload.role() == Workload.Role.GATEWAY;
    ObjectNode node = JSON.createObjectNode();
    node.put("type", gateway ? "router" : "sidecar");
    node.put("name", workload.name());
    node.put("namespace", workload.namespace());
    node.put("workload", workload.name());
    node.put("ip", plan.addresses().proxy(workload.number()));
    node.put("adminAddress", plan.addresses().admin(workload.number()));
    node.put("serviceAccount", workload.serviceAccount());
    ObjectNode labels = node.putObject("labels");
    new TreeMap<>(workload.labels()).forEach(labels::put);
    if (plan.capture() && !gateway) {
      node.put("interception", "REDIRECT");
      if (plan.resolves()) {
        node.putObject("dns");
      }
    } else {
      ObjectNode ports = node.putObject(gateway ? "listen" : "appEndpoints");
      new TreeMap<>(workload.inbound())
          .forEach((port, address) -> ports.put(port.toString(), address));
    }
    ObjectNode control = node.putObject("controlPlane");
    control.put("xdsAddress", plan.local(ControlPort.PILOT_TLS));
    control.put("xdsTls", true);
    control.put("caAddress", plan.local(ControlPort.CITADEL));
    control.put("rootFile", root().toString());
    control.put("tokenFile", token.toString());
    node.put("tracesAddress", plan.local(ControlPort.OTLP_GRPC));
    node.put("dataplane", plan.dataplane());
    if (plan.envoy() != null) {
      node.put("envoyBinary", plan.envoy().toString());
    }
    node.put("stateDir", plan.state().resolve("proxy").resolve(workload.name()).toString());
    if (plan.certificateTtlSeconds() > 0) {
      node.put("certificateTtlSeconds", plan.certificateTtlSeconds());
    }
    return node;
  }

  void writeBookinfo(Path file, List<Workload> workloads) throws IOException {
    ObjectNode node = JSON.createObjectNode();
    ArrayNode services = node.putArray("services");
    for (Workload workload : workloads) {
      ObjectNode service = services.addObject();
      service.put("service", workload.app());
      service.put("version", workload.labels().get("version"));
      service.put("listen", workload.inbound().get(Workload.BOOKINFO_PORT));
      if (!plan.capture()) {
        service.put("proxy", "http://" + plan.addresses().proxy(workload.number()) + ":15007");
      }
      service.put("podName", workload.name());
      service.put("clusterName", "Kubernetes");
    }
    Files.writeString(file, JSON.writeValueAsString(node));
  }

  /** Writes what telemetry and a Prometheus server scrape of {@code part}. */
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
    replace(targets().resolve(part + ".json"), groups);
    joinTargets();
  }

  /** {@code part} is scraped no more. */
  void removeTargets(String part) throws IOException {
    Files.deleteIfExists(targets().resolve(part + ".json"));
    joinTargets();
  }

  private void joinTargets() throws IOException {
    try (FileChannel lock =
            FileChannel.open(
                plan.state().resolve("targets.lock"),
                StandardOpenOption.CREATE,
                StandardOpenOption.WRITE);
        FileLock held = lock.lock();
        Stream<Path> files = Files.list(targets())) {
      ArrayNode all = JSON.createArrayNode();
      for (Path file : files.filter(f -> f.toString().endsWith(".json")).sorted().toList()) {
        all.addAll((ArrayNode) JSON.readTree(Files.readString(file)));
      }
      replace(allTargets(), all);
    }
  }

  private static void replace(Path file, ArrayNode content) throws IOException {
    Path half = file.resolveSibling("." + file.getFileName() + ".tmp");
    Files.writeString(half, JSON.writeValueAsString(content));
    Files.move(half, file, StandardCopyOption.ATOMIC_MOVE);
  }
}
