// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import brave.Span;
import brave.Tracing;
import io.jaegertracing.internal.JaegerSpan;
import io.jaegertracing.internal.JaegerTracer;
import io.jaegertracing.internal.reporters.RemoteReporter;
import io.jaegertracing.internal.samplers.ConstSampler;
import io.jaegertracing.thrift.internal.senders.HttpSender;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import zipkin2.reporter.brave.AsyncZipkinSpanHandler;
import zipkin2.reporter.urlconnection.URLConnectionSender;

/** The shipped process with traces in blocks: killed, started again, and asked. */
class BlocksIT {
  @Test
  void tracesOfRealClientsOutliveTheProcessThatIsKilled(@TempDir Path folder) throws Exception {
    try (TelemetryProcess telemetry =
        TelemetryProcess.start(
            folder,
            Map.of(
                "flotilla.telemetry.store.kind",
                "blocks",
                "flotilla.telemetry.store.blocks.dir",
                folder.resolve("traces").toString(),
                "flotilla.telemetry.store.max-spans",
                "40"))) {
      List<String> ids = new ArrayList<>();
      for (int round = 1; round <= 3; round++) {
        ids.addAll(zipkin(telemetry));
        ids.addAll(jaeger(telemetry));
        for (String id : ids) {
          telemetry.trace(id, 2);
        }

        telemetry.kill();
        telemetry.start();

        for (String id : ids) {
          telemetry.trace(id, 2);
        }
        assertThat(telemetry.json("jaeger-query", "/api/services").path("data").toString())
            .contains("brave-app", "jaeger-app");
        assertThat(
                telemetry
                    .json("jaeger-query", "/api/traces?service=brave-app&limit=1000&tag=k:v7")
                    .path("data"))
            .hasSize(round);
      }
    }
  }

  private static List<String> zipkin(TelemetryProcess telemetry) {
    List<String> ids = new ArrayList<>();
    URLConnectionSender sender =
        URLConnectionSender.create(telemetry.url("zipkin", "/api/v2/spans"));
    try (AsyncZipkinSpanHandler handler = AsyncZipkinSpanHandler.create(sender);
        Tracing tracing =
            Tracing.newBuilder()
                .localServiceName("brave-app")
                .traceId128Bit(true)
                .addSpanHandler(handler)
                .build()) {
      for (int i = 0; i < 20; i++) {
        Span parent = tracing.tracer().newTrace().name("get").tag("k", "v" + i).start();
        tracing.tracer().newChild(parent.context()).name("child").start().finish();
        parent.finish();
        ids.add(parent.context().traceIdString());
      }
      handler.flush();
    }
    return ids;
  }

  private static List<String> jaeger(TelemetryProcess telemetry) throws Exception {
    List<String> ids = new ArrayList<>();
    try (JaegerTracer tracer =
        new JaegerTracer.Builder("jaeger-app")
            .withSampler(new ConstSampler(true))
            .withReporter(
                new RemoteReporter.Builder()
                    .withSender(
                        new HttpSender.Builder(telemetry.url("jaeger-http", "/api/traces")).build())
                    .build())
            .build()) {
      for (int i = 0; i < 20; i++) {
        JaegerSpan parent = tracer.buildSpan("get").start();
        tracer.buildSpan("child").asChildOf(parent).start().finish();
        parent.finish();
        ids.add(parent.context().getTraceId());
      }
    }
    return ids;
  }
}
