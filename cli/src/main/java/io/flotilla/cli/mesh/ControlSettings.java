// SPDX-License-Identifier: Apache-2.0
package io.flotilla.cli.mesh;

import java.util.LinkedHashMap;
import java.util.Map;

/** The settings of the Quarkus processes of a local mesh, by service. */
final class ControlSettings {
  private final MeshPlan plan;
  private final MeshFiles files;
  private final Tokens tokens;

  ControlSettings(MeshPlan plan, MeshFiles files, Tokens tokens) {
    this.plan = plan;
    this.files = files;
    this.tokens = tokens;
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
    return all;
  }

  private Map<String, String> http(ControlPort port) {
    return Map.of(
        "quarkus.http.host", "127.0.0.1", "quarkus.http.port", String.valueOf(plan.port(port)));
  }

  private String port(ControlPort port) {
    return String.valueOf(plan.port(port));
  }

  private Map<String, String> galley() {
    return Map.of();
  }

  private Map<String, String> pilot() {
    return Map.of();
  }

  private Map<String, String> citadel() {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("flotilla.citadel.ca.host", "127.0.0.1");
    all.put("flotilla.citadel.ca.port", port(ControlPort.CITADEL));
    all.put("flotilla.citadel.root.dir", files.citadel().toString());
    all.put("flotilla.citadel.plugged-in.dir", files.citadel().resolve("cacerts").toString());
    all.put("flotilla.citadel.attest.jwt.jwks-file", tokens.keySet().toString());
    all.put("flotilla.citadel.attest.jwt.issuer", Tokens.ISSUER);
    return all;
  }

  private Map<String, String> telemetry() {
    Map<String, String> all = new LinkedHashMap<>();
    all.put("flotilla.telemetry.host", "127.0.0.1");
    all.put("flotilla.telemetry.ports.otlp-grpc", port(ControlPort.OTLP_GRPC));
    all.put("flotilla.telemetry.ports.otlp-http", port(ControlPort.OTLP_HTTP));
    all.put("flotilla.telemetry.ports.zipkin", port(ControlPort.ZIPKIN));
    all.put("flotilla.telemetry.ports.jaeger-query", port(ControlPort.JAEGER));
    all.put("flotilla.telemetry.ports.prometheus", port(ControlPort.PROMETHEUS));
    all.put("flotilla.telemetry.scrape.file", files.allTargets().toString());
    return all;
  }

  private Map<String, String> console() {
    return Map.of();
  }
}
