// SPDX-License-Identifier: Apache-2.0
package io.flotilla.cli.mesh;

/** The ports of the control plane, telemetry and console; {@code --offset} moves all of them. */
public enum ControlPort {
  CONSOLE(20001, "the console"),
  PILOT_PLAINTEXT(15010, "Pilot (ADS, plaintext)"),
  PILOT_TLS(15012, "Pilot (ADS, mTLS)"),
  PILOT_DEBUG(15014, "Pilot (metrics and debug)"),
  GALLEY(9901, "Galley (MCP)"),
  CITADEL(15019, "Citadel (the certificate authority)"),
  OTLP_GRPC(4317, "telemetry (OTLP over gRPC)"),
  OTLP_HTTP(4318, "telemetry (OTLP over HTTP)"),
  JAEGER(16686, "telemetry (Jaeger's query API)"),
  ZIPKIN(9411, "telemetry (Zipkin's API)"),
  JAEGER_COLLECTOR_GRPC(14250, "telemetry (Jaeger's collector, gRPC)"),
  JAEGER_COLLECTOR_HTTP(14268, "telemetry (Jaeger's collector, HTTP)"),
  JAEGER_AGENT_COMPACT(6831, "telemetry (Jaeger's agent, UDP, compact)"),
  JAEGER_AGENT_BINARY(6832, "telemetry (Jaeger's agent, UDP, binary)"),
  JAEGER_SAMPLING(5778, "telemetry (Jaeger's remote sampling)"),
  JAEGER_QUERY_GRPC(16685, "telemetry (Jaeger's query API, gRPC)"),
  TEMPO(3200, "telemetry (Tempo's API)"),
  PROMETHEUS(9090, "telemetry (Prometheus' API)"),
  GALLEY_HTTP(20002, "Galley (REST)"),
  PILOT_HTTP(20003, "Pilot (REST)"),
  CITADEL_HTTP(20004, "Citadel (REST)"),
  TELEMETRY_HTTP(20005, "telemetry (REST)");

  private final int base;
  private final String owner;

  ControlPort(int base, String owner) {
    this.base = base;
    this.owner = owner;
  }

  /** The number in a mesh of this offset. */
  public int number(int offset) {
    return base + offset;
  }

  /** Who listens there, for messages. */
  public String owner() {
    return owner;
  }

  /** Whether the port is only there when every service is a process of its own. */
  public boolean onlyApart() {
    return ordinal() >= GALLEY_HTTP.ordinal();
  }
}
