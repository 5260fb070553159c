// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import brave.Span;
import brave.Tracing;
import brave.handler.SpanHandler;
import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import zipkin2.Endpoint;
import zipkin2.codec.SpanBytesEncoder;
import zipkin2.reporter.Encoding;
import zipkin2.reporter.brave.AsyncZipkinSpanHandler;
import zipkin2.reporter.urlconnection.URLConnectionSender;

/** Brave with Zipkin's reporters, and Zipkin's own encoders, in every form. */
class ZipkinClientsIT {
  private static TelemetryProcess telemetry;

  @BeforeAll
  static void start(@TempDir Path folder) throws Exception {
    telemetry = TelemetryProcess.start(folder, Map.of());
  }

  @AfterAll
  static void stop() throws Exception {
    telemetry.close();
  }

  @ParameterizedTest
  @CsvSource({"JSON,/api/v2/spans", "PROTO3,/api/v2/spans"})
  void braveReportsATrace(Encoding encoding, String path) throws Exception {
    URLConnectionSender sender =
        URLConnectionSender.newBuilder()
            .endpoint(telemetry.url("zipkin", path))
            .encoding(encoding)
            .build();
    String id;
    try (AsyncZipkinSpanHandler handler = AsyncZipkinSpanHandler.create(sender);
        Tracing tracing = tracing("brave-" + encoding, handler)) {
      Span parent = tracing.tracer().newTrace().name("get").kind(Span.Kind.SERVER).start();
      parent.tag("http.path", "/cart");
      parent.annotate("retry");
      Span child = tracing.tracer().newChild(parent.context()).name("query").start();
      child.kind(Span.Kind.CLIENT).remoteServiceName("db").tag("error", "timeout").finish();
      parent.finish();
      id = parent.context().traceIdString();
      handler.flush();
    }

    JsonNode trace = telemetry.trace(id, 2);

    JsonNode parent = Traces.span(trace, "get");
    JsonNode child = Traces.span(trace, "query");
    assertThat(Traces.parent(child)).isEqualTo(parent.path("spanID").asText());
    assertThat(Traces.service(trace, parent)).isEqualToIgnoringCase("brave-" + encoding);
    assertThat(Traces.tags(parent))
        .containsEntry("http.path", "/cart")
        .containsEntry("span.kind", "server");
    assertThat(parent.path("logs").toString()).contains("retry");
    assertThat(Traces.tags(child))
        .containsEntry("peer.service", "db")
        .containsEntry("otel.status_code", "ERROR")
        .containsEntry("error", "timeout");
  }

  private static Tracing tracing(String service, SpanHandler handler) {
    return Tracing.newBuilder()
        .localServiceName(service)
        .traceId128Bit(true)
        .addSpanHandler(handler)
        .build();
  }

  @ParameterizedTest
  @CsvSource({
    "JSON_V1,/api/v1/spans,application/json",
    "THRIFT,/api/v1/spans,application/x-thrift",
    "JSON_V2,/api/v2/spans,application/json",
    "PROTO3,/api/v2/spans,application/x-protobuf"
  })
  void zipkinsEncodersAreUnderstood(SpanBytesEncoder encoder, String path, String type)
      throws Exception {
    String id = "0000000000000abc000000000000000" + (encoder.ordinal() + 1);
    long now = System.currentTimeMillis() * 1_000;
    zipkin2.Span client =
        zipkin2.Span.newBuilder()
            .traceId(id)
            .id("a1")
            .name("call")
            .kind(zipkin2.Span.Kind.CLIENT)
            .timestamp(now)
            .duration(5_000)
            .localEndpoint(Endpoint.newBuilder().serviceName("front").ip("10.0.0.1").build())
            .remoteEndpoint(
                Endpoint.newBuilder().serviceName("back").ip("10.0.0.2").port(80).build())
            .putTag("k", "v")
            .build();

    var answer = telemetry.post("zipkin", path, type, encoder.encodeList(List.of(client)));

    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(202);
    JsonNode span = Traces.span(telemetry.trace(id, 1), "call");
    assertThat(span.path("startTime").asLong()).isEqualTo(now);
    assertThat(span.path("duration").asLong()).isEqualTo(5_000);
    assertThat(Traces.tags(span))
        .containsEntry("k", "v")
        .containsEntry("span.kind", "client")
        .containsEntry("peer.service", "back")
        .containsEntry("network.peer.address", "10.0.0.2");
  }

  @Test
  void bodiesThatAreNoneAreRefusedInZipkinsWay() throws Exception {
    byte[] noise = {0x0c, 0x7f, (byte) 0xff, (byte) 0xff, (byte) 0xff, 1, 2, 3};

    for (List<String> form :
        List.of(
            List.of("/api/v1/spans", "application/x-thrift"),
            List.of("/api/v1/spans", "application/json"),
            List.of("/api/v2/spans", "application/x-protobuf"),
            List.of("/api/v2/spans", "application/json"))) {
      var answer = telemetry.post("zipkin", form.get(0), form.get(1), noise);
      assertThat(answer.statusCode()).as(form + " " + answer.body()).isEqualTo(400);
    }
    assertThat(
            telemetry
                .post("zipkin", "/api/v2/spans", "application/json", "[]".getBytes())
                .statusCode())
        .isEqualTo(202);
  }
}
