// SPDX-License-Identifier: Apache-2.0
package io.flotilla.cli.mesh;

import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;

/** The settings of the Quarkus processes of a local mesh, by service. */
final class ControlSettings {
  private final MeshPlan plan;
  private final MeshFiles files;
  private final Tokens tokens;
  private final Path pilotToken;

  ControlSettings(MeshPlan plan, MeshFiles files, Tokens tokens) throws IOException {
    this.plan = plan;
    this.files = files;
    this.tokens = tokens;
    this.pilotToken = tokens.mint("istio-system", "pilot");
  }

  /** Of the process that holds all of them. */
  Map<String, String> together() {
    Map<String, String> all = new LinkedHashMap<>();
    all.putAll(galley());
    all.putAll(pilot());
    all.putAll(citadel());
    all.putAll(telemetry());
    all.putAll(console());
    all.putAll(http(ControlPort.CONSOLE));
    return all;
  }

  /** Of the service's own process. */
  Map<String, String> alone(String service, ControlPort port) {
    Map<String, String> all =
        new LinkedHashMap<>(
            switch (service) {
              case "galley" -> galley();
              case "pilot" -> pilot();
              case "citadel" -> citadel();
              case "telemetry" -> telemetry();
              case "console" -> console();
              default -> throw new IllegalArgumentException("no service is called " + service);
            });
    all.putAll(http(port));
    all.putAll(events(service));
    return all;
  }

  /**
   * The channels that leave the process, on Kafka or nowhere; docs/ARCHITECTURE.md has the table of
   * who sends and who listens.
   */
  private Map<String, String> events(String service) {
    Map<String, String> all = new LinkedHashMap<>();
    String kafka = plan.kafka();
    if (kafka != null) {
      all.put("kafka.bootstrap.servers", kafka);
    }
    switch (service) {
      case "galley" -> {
        channel(all, "outgoing", "config-events");
        channel(all, "incoming", "proxy-events");
      }
      case "pilot" -> {
        channel(all, "outgoing", "proxy-events");
        channel(all, "incoming", "config-events");
      }
      case "citadel" -> channel(all, "outgoing", "certificate-events");
      default -> {
        channel(all, "incoming", "config-events");
        channel(all, "incoming", "proxy-events");
        channel(all, "incoming", "certificate-events");
      }
    }
    return all;
  }

  private void channel(Map<String, String> all, String direction, String name) {
    String prefix = "mp.messaging." + direction + "." + name + ".";
    if (plan.kafka() == null) {
      all.put(prefix + "enabled", "false");
    } else {
      all.put(prefix + "connector", "smallrye-kafka");
    }
  }

  private Map<String, String> http(ControlPort port) {
    return Map.of(
        "quarkus.http.host", "127.0.0.1", "quarkus.http.port", String.valueOf(plan.port(port)));
  }

  private String port(ControlPort port) {
    return String.valueOf(plan.port(port));
  }

  private Map<String, String> galley() {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("flotilla.galley.source.dir", plan.dir().toAbsolutePath().toString());
    all.put("flotilla.galley.state.dir", files.galley().toString());
    // Pilot alone reads it, on this machine.
    all.put("flotilla.galley.mcp.host", "127.0.0.1");
    all.put("flotilla.galley.mcp.port", port(ControlPort.GALLEY));
    return all;
  }

  private Map<String, String> pilot() {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("flotilla.pilot.host", plan.addresses().control());
    all.put("flotilla.pilot.state-dir", files.pilot().toString());
    all.put("flotilla.pilot.ports.plaintext", port(ControlPort.PILOT_PLAINTEXT));
    all.put("flotilla.pilot.ports.secure", port(ControlPort.PILOT_TLS));
    all.put("flotilla.pilot.ports.debug", port(ControlPort.PILOT_DEBUG));
    all.put("flotilla.pilot.galley.target", "127.0.0.1:" + port(ControlPort.GALLEY));
    all.put("flotilla.pilot.identity.citadel", plan.local(ControlPort.CITADEL));
    all.put("flotilla.pilot.identity.root-file", files.root().toString());
    all.put("flotilla.pilot.identity.token-file", pilotToken.toString());
    all.put("flotilla.pilot.mesh.otlp", plan.local(ControlPort.OTLP_GRPC));
    all.put("flotilla.pilot.mesh.sampling", "100");
    return all;
  }

  private Map<String, String> citadel() {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("flotilla.citadel.ca.host", plan.addresses().control());
    all.put("flotilla.citadel.ca.port", port(ControlPort.CITADEL));
    all.put(
        "flotilla.citadel.ca.server-names",
        "citadel.istio-system.svc,istiod.istio-system.svc,localhost,127.0.0.1"
            + (plan.capture() ? "," + plan.addresses().control() : ""));
    all.put("flotilla.citadel.root.dir", files.citadel().toString());
    all.put("flotilla.citadel.plugged-in.dir", files.citadel().resolve("cacerts").toString());
    all.put("flotilla.citadel.attest.jwt.jwks-file", tokens.keySet().toString());
    all.put("flotilla.citadel.attest.jwt.issuer", Tokens.ISSUER);
    return all;
  }

  private Map<String, String> telemetry() {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("flotilla.telemetry.host", plan.addresses().control());
    all.put("flotilla.telemetry.ports.otlp-grpc", port(ControlPort.OTLP_GRPC));
    all.put("flotilla.telemetry.ports.otlp-http", port(ControlPort.OTLP_HTTP));
    all.put("flotilla.telemetry.ports.zipkin", port(ControlPort.ZIPKIN));
    all.put("flotilla.telemetry.ports.jaeger-query", port(ControlPort.JAEGER));
    all.put("flotilla.telemetry.ports.jaeger-grpc", port(ControlPort.JAEGER_COLLECTOR_GRPC));
    all.put("flotilla.telemetry.ports.jaeger-http", port(ControlPort.JAEGER_COLLECTOR_HTTP));
    all.put("flotilla.telemetry.ports.jaeger-compact", port(ControlPort.JAEGER_AGENT_COMPACT));
    all.put("flotilla.telemetry.ports.jaeger-binary", port(ControlPort.JAEGER_AGENT_BINARY));
    all.put("flotilla.telemetry.ports.jaeger-sampling", port(ControlPort.JAEGER_SAMPLING));
    all.put("flotilla.telemetry.ports.jaeger-query-grpc", port(ControlPort.JAEGER_QUERY_GRPC));
    all.put("flotilla.telemetry.ports.tempo", port(ControlPort.TEMPO));
    all.put("flotilla.telemetry.ports.prometheus", port(ControlPort.PROMETHEUS));
    // A laptop's share: some ten thousand spans in memory, those before them on the disk.
    all.put("flotilla.telemetry.store.kind", "blocks");
    all.put("flotilla.telemetry.store.blocks.dir", files.traces().toString());
    all.put("flotilla.telemetry.store.blocks.max-bytes", String.valueOf(256 << 20));
    all.put("flotilla.telemetry.store.max-bytes", String.valueOf(24 << 20));
    all.put("flotilla.telemetry.scrape.file", files.allTargets().toString());
    all.put("flotilla.telemetry.spans.kafka", String.valueOf(plan.kafka() != null));
    all.put("flotilla.telemetry.spans.waiting-bytes", String.valueOf(8 << 20));
    return all;
  }

  private Map<String, String> console() {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("flotilla.console.galley.target", api(ControlPort.GALLEY_HTTP));
    all.put("flotilla.console.pilot.target", api(ControlPort.PILOT_HTTP));
    all.put("flotilla.console.telemetry.target", api(ControlPort.TELEMETRY_HTTP));
    all.put("flotilla.console.traces.url", "http://" + plan.local(ControlPort.JAEGER));
    all.put("flotilla.console.application.url", plan.applicationUrl());
    return all;
  }

  /** Where a service's REST and gRPC APIs are: all behind one port when they share a process. */
  private String api(ControlPort alone) {
    return plan.local(plan.processes() ? alone : ControlPort.CONSOLE);
  }
}
