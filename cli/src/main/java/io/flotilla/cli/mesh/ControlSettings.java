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

  private Map<String, String> galley() {
    return Map.of();
  }

  private Map<String, String> pilot() {
    return Map.of();
  }

  private Map<String, String> citadel() {
    return Map.of();
  }

  private Map<String, String> telemetry() {
    return Map.of();
  }

  private Map<String, String> console() {
    return Map.of();
  }
}
