// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import brave.Span;
import brave.Tracing;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.time.Instant;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import zipkin2.reporter.brave.AsyncZipkinSpanHandler;
import zipkin2.reporter.urlconnection.URLConnectionSender;

/** Spans that Brave reports, filtered, stripped and masked before they are stored. */
class ProcessorsIT {
  private static final String ONE_FILTERED = "flotilla_telemetry_spans_filtered_total 1.0";

  @Test
  void dropsStripsAndMasksWhatBraveReports(@TempDir Path folder) throws Exception {
    try (TelemetryProcess telemetry =
            TelemetryProcess.start(
                folder,
                Map.of(
                    "flotilla.telemetry.process.drop",
                    "{ name = \"probe\" }",
                    "flotilla.telemetry.process.delete-attributes",
                    "password",
                    "flotilla.telemetry.process.resource.cluster",
                    "eu-1",
                    "flotilla.telemetry.process.redact",
                    "4[0-9]{15}"));
        AsyncZipkinSpanHandler handler =
            AsyncZipkinSpanHandler.create(
                URLConnectionSender.create(telemetry.url("zipkin", "/api/v2/spans")));
        Tracing tracing =
            Tracing.newBuilder()
                .localServiceName("shop")
                .traceId128Bit(true)
                .addSpanHandler(handler)
                .build()) {
      Span pay = tracing.tracer().newTrace().name("pay").start();
      pay.tag("card", "no 4111111111111111").tag("password", "secret");
      tracing.tracer().newChild(pay.context()).name("probe").start().finish();
      tracing.tracer().newChild(pay.context()).name("charge").start().finish();
      pay.finish();
      handler.flush();

      JsonNode trace = telemetry.trace(pay.context().traceIdString(), 2);

      assertThat(trace.toString()).doesNotContain("probe", "secret", "4111");
      assertThat(Traces.tags(Traces.span(trace, "pay"))).containsEntry("card", "no ****");
      assertThat(trace.path("processes").toString()).contains("eu-1");
      // The reporter may send the dropped span in a request of its own, after the others.
      Instant deadline = Instant.now().plusSeconds(20);
      String metrics = telemetry.get("http", "/q/metrics").body();
      while (!metrics.contains(ONE_FILTERED) && Instant.now().isBefore(deadline)) {
        Thread.sleep(50);
        metrics = telemetry.get("http", "/q/metrics").body();
      }
      assertThat(metrics).contains(ONE_FILTERED);
      assertThat(telemetry.trace(pay.context().traceIdString(), 2).toString())
          .doesNotContain("probe");
    }
  }
}
