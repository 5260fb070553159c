// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.export;

import io.flotilla.telemetry.TelemetryConfig;
import io.flotilla.telemetry.api.Span;
import io.flotilla.telemetry.api.SpanSink;
import io.flotilla.telemetry.api.otlp.OtlpSpanExporter;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Duration;
import java.util.List;

/**
 * Hands what was stored on to another collector by OTLP over gRPC. A collector that is away is
 * tried again; meanwhile a bounded queue fills, and what does not fit is dropped and counted:
 * storing never waits for it.
 */
@ApplicationScoped
public class SpanExport {
  private static final OtlpSpanExporter.Settings SETTINGS =
      new OtlpSpanExporter.Settings(
          32_768,
          512,
          Duration.ofSeconds(1),
          Duration.ofSeconds(10),
          Duration.ofMinutes(5),
          Duration.ofSeconds(3));

  private final SpanSink sink;

  SpanExport(TelemetryConfig config, MeterRegistry metrics) {
    this.sink =
        config
            .export()
            .otlp()
            .<SpanSink>map(
                target ->
                    new OtlpSpanExporter(
                        Grpc.newChannelBuilder(target, InsecureChannelCredentials.create()).build(),
                        SETTINGS))
            .orElseGet(SpanSink::none);
    FunctionCounter.builder("flotilla_telemetry_export_dropped", sink, SpanSink::dropped)
        .register(metrics);
  }

  /** Queues the spans; returns at once. */
  public void export(List<Span> spans) {
    spans.forEach(sink::offer);
  }

  void close(@Observes ShutdownEvent stopping) {
    sink.close();
  }
}
