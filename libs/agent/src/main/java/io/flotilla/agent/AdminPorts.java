// SPDX-License-Identifier: Apache-2.0
package io.flotilla.agent;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.agent.admin.AdminAnswer;
import io.flotilla.agent.admin.AdminServer;
import java.io.IOException;
import java.util.Map;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.Supplier;

/**
 * Istio's ports of a proxy beside its traffic: 15000 admin, 15020 and 15090 metrics, 15021
 * readiness. With an Envoy beside the agent, Envoy serves them itself.
 */
final class AdminPorts implements AutoCloseable {
  private static final int ADMIN = 15000;
  private static final int AGENT = 15020;
  private static final int HEALTH = 15021;
  private static final int ENVOY_METRICS = 15090;
  private static final ObjectMapper JSON = new ObjectMapper();

  private final ExecutorService work = Executors.newVirtualThreadPerTaskExecutor();
  private final AdminServer server = new AdminServer(work);

  private AdminPorts() {}

  /**
   * Opens them on the workload's address, the admin port on a loopback address alone.
   *
   * @param engine whose pages they are
   * @throws IOException naming the address that cannot be bound
   */
  static AdminPorts open(AgentConfig config, Supplier<AgentStatus> status, EngineDataplane engine)
      throws IOException {
    Supplier<AdminAnswer> ready = () -> readiness(status.get());
    Supplier<AdminAnswer> prometheus = () -> AdminAnswer.metrics(engine.metrics());
    AdminPorts ports = new AdminPorts();
    try {
      ports.server.open(
          config.adminAddress(),
          ADMIN,
          Map.of(
              "/ready",
              ready,
              "/stats/prometheus",
              prometheus,
              "/clusters",
              () -> AdminAnswer.text(engine.clusters()),
              "/server_info",
              engine::serverInfo,
              "/listeners",
              () -> AdminAnswer.text(String.join("\n", status.get().listeners()) + "\n"),
              "/flotilla/status",
              () -> AdminAnswer.json(json(status.get()))),
          Map.of("/config_dump", engine::configDump, "/stats", engine::stats),
          Map.of("/reset_counters", (body, query) -> engine.resetCounters()));
      ports.server.open(
          config.ip(),
          AGENT,
          Map.of("/healthz/ready", ready, "/stats/prometheus", prometheus),
          Map.of());
      ports.server.open(config.ip(), HEALTH, Map.of("/healthz/ready", ready), Map.of());
      ports.server.open(
          config.ip(), ENVOY_METRICS, Map.of("/stats/prometheus", prometheus), Map.of());
      return ports;
    } catch (IOException e) {
      ports.close();
      throw e;
    }
  }

  private static AdminAnswer readiness(AgentStatus status) {
    return status.ready()
        ? AdminAnswer.text("ready\n")
        : AdminAnswer.text(503, status.reason() + "\n");
  }

  private static String json(AgentStatus status) {
    ObjectNode node = JSON.createObjectNode();
    node.put("ready", status.ready());
    node.put("reason", status.reason());
    node.put("nodeId", status.nodeId());
    node.put("revision", status.revision());
    status
        .certificateExpiry()
        .ifPresent(expiry -> node.put("certificateExpiry", expiry.toString()));
    status.listeners().forEach(node.putArray("listeners")::add);
    status.problems().forEach(node.putArray("problems")::add);
    return node.toPrettyString();
  }

  @Override
  public void close() {
    server.close();
    work.shutdown();
  }
}
