// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry;

import io.flotilla.shell.FurtherPort;
import jakarta.enterprise.context.Dependent;
import jakarta.enterprise.inject.Produces;
import java.util.Map;

/** The well-known HTTP ports of tracing and metrics, each onto its part of the process's router. */
@Dependent
class TelemetryPorts {

  @Produces
  @Dependent
  FurtherPort otlp(TelemetryConfig config) {
    return new FurtherPort(
        "OTLP receiver over HTTP",
        config.host(),
        config.ports().otlpHttp(),
        Map.of("/v1/", "/telemetry/otlp/v1/"));
  }

  @Produces
  @Dependent
  FurtherPort zipkin(TelemetryConfig config) {
    return new FurtherPort(
        "Zipkin receiver",
        config.host(),
        config.ports().zipkin(),
        Map.of("/api/", "/telemetry/zipkin/api/"));
  }

  @Produces
  @Dependent
  FurtherPort jaegerCollector(TelemetryConfig config) {
    return new FurtherPort(
        "Jaeger's collector over HTTP",
        config.host(),
        config.ports().jaegerHttp(),
        Map.of("/api/", "/telemetry/jaeger-collector/api/"));
  }

  @Produces
  @Dependent
  FurtherPort jaegerSampling(TelemetryConfig config) {
    return new FurtherPort(
        "Jaeger's remote sampling",
        config.host(),
        config.ports().jaegerSampling(),
        Map.of("/", "/telemetry/jaeger-agent/", "/q/", "/q/"));
  }

  @Produces
  @Dependent
  FurtherPort jaeger(TelemetryConfig config) {
    return new FurtherPort(
        "Jaeger query API",
        config.host(),
        config.ports().jaegerQuery(),
        Map.of("/api/", "/telemetry/jaeger/api/"));
  }

  @Produces
  @Dependent
  FurtherPort tempo(TelemetryConfig config) {
    return new FurtherPort(
        "Tempo API",
        config.host(),
        config.ports().tempo(),
        Map.of("/api/", "/telemetry/tempo/api/"));
  }

  @Produces
  @Dependent
  FurtherPort prometheus(TelemetryConfig config) {
    return new FurtherPort(
        "Prometheus API",
        config.host(),
        config.ports().prometheus(),
        Map.of("/api/", "/telemetry/prometheus/api/"));
  }
}
