// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.receive;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasSize;

import com.github.luben.zstd.Zstd;
import io.flotilla.telemetry.TelemetryConfig;
import io.flotilla.telemetry.TelemetryPortsResource;
import io.opentelemetry.api.common.AttributeKey;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.logs.Severity;
import io.opentelemetry.api.trace.SpanContext;
import io.opentelemetry.api.trace.TraceFlags;
import io.opentelemetry.api.trace.TraceState;
import io.opentelemetry.context.Context;
import io.opentelemetry.exporter.otlp.http.logs.OtlpHttpLogRecordExporter;
import io.opentelemetry.exporter.otlp.http.metrics.OtlpHttpMetricExporter;
import io.opentelemetry.exporter.otlp.logs.OtlpGrpcLogRecordExporter;
import io.opentelemetry.exporter.otlp.metrics.OtlpGrpcMetricExporter;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.sdk.logs.SdkLoggerProvider;
import io.opentelemetry.sdk.logs.export.LogRecordExporter;
import io.opentelemetry.sdk.logs.export.SimpleLogRecordProcessor;
import io.opentelemetry.sdk.metrics.SdkMeterProvider;
import io.opentelemetry.sdk.metrics.export.MetricExporter;
import io.opentelemetry.sdk.metrics.export.PeriodicMetricReader;
import io.opentelemetry.sdk.resources.Resource;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.http.ContentType;
import jakarta.inject.Inject;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

/** Metrics and logs of the OpenTelemetry SDK, and bodies in zstd. */
@QuarkusTest
@QuarkusTestResource(TelemetryPortsResource.class)
class SignalsIT {
  @Inject TelemetryConfig config;

  private String otlpHttp(String path) {
    return "http://127.0.0.1:" + config.ports().otlpHttp() + path;
  }

  private String otlpGrpc() {
    return "http://127.0.0.1:" + config.ports().otlpGrpc();
  }

  private static Resource resource(String service) {
    return Resource.create(
        Attributes.builder()
            .put("service.name", service)
            .put("service.instance.id", service + "-1")
            .build());
  }

  private void sendsMetricsBy(MetricExporter exporter, String service) {
    try (SdkMeterProvider meters =
        SdkMeterProvider.builder()
            .setResource(resource(service))
            .registerMetricReader(PeriodicMetricReader.create(exporter))
            .build()) {
      var meter = meters.get("test");
      meter
          .counterBuilder("app.orders")
          .setUnit("{order}")
          .build()
          .add(3, Attributes.of(AttributeKey.stringKey("pay.kind"), "card"));
      var latency = meter.histogramBuilder("app.latency").setUnit("s").build();
      latency.record(0.2);
      latency.record(30);
      meter.gaugeBuilder("app.depth").build().set(7);
      meters.forceFlush().join(10, TimeUnit.SECONDS);
    }

    assertValue("app_orders_total{job=\"" + service + "\",pay_kind=\"card\"}", "3");
    assertValue("app_latency_seconds_count{instance=\"" + service + "-1\"}", "2");
    assertValue("app_latency_seconds_bucket{job=\"" + service + "\",le=\"5\"}", "1");
    assertValue("app_latency_seconds_sum{job=\"" + service + "\"}", "30.2");
    assertValue("app_depth{job=\"" + service + "\"}", "7");
  }

  private void assertValue(String query, String value) {
    given()
        .queryParam("query", query)
        .get("http://127.0.0.1:" + config.ports().prometheus() + "/api/v1/query")
        .then()
        .statusCode(200)
        .body("data.result", hasSize(1))
        .body("data.result[0].value[1]", equalTo(value));
  }

  @Test
  void metricsOfTheSdkByHttpAreAnsweredInPromQl() {
    sendsMetricsBy(
        OtlpHttpMetricExporter.builder()
            .setEndpoint(otlpHttp("/v1/metrics"))
            .setCompression("gzip")
            .build(),
        "metrics-http");
  }

  @Test
  void metricsOfTheSdkByGrpcAreAnsweredInPromQl() {
    sendsMetricsBy(
        OtlpGrpcMetricExporter.builder().setEndpoint(otlpGrpc()).build(), "metrics-grpc");
  }

  private void sendsLogsBy(LogRecordExporter exporter, String traceId) {
    Context inSpan =
        Context.root()
            .with(
                io.opentelemetry.api.trace.Span.wrap(
                    SpanContext.create(
                        traceId,
                        "00000000000000ab",
                        TraceFlags.getSampled(),
                        TraceState.getDefault())));
    try (SdkLoggerProvider loggers =
        SdkLoggerProvider.builder()
            .setResource(resource("logging"))
            .addLogRecordProcessor(SimpleLogRecordProcessor.create(exporter))
            .build()) {
      loggers
          .get("test")
          .logRecordBuilder()
          .setContext(inSpan)
          .setSeverity(Severity.WARN)
          .setBody("stock is low")
          .setAttribute(AttributeKey.longKey("left"), 2L)
          .emit();
      loggers.forceFlush().join(10, TimeUnit.SECONDS);
    }

    given()
        .queryParam("traceID", traceId)
        .get("/telemetry/api/logs")
        .then()
        .statusCode(200)
        .body("", hasSize(1))
        .body("[0].body", equalTo("stock is low"))
        .body("[0].severityNumber", equalTo(13))
        .body("[0].spanID", equalTo("00000000000000ab"))
        .body("[0].attributes.left", equalTo("2"))
        .body("[0].resource.'service.name'", equalTo("logging"));
  }

  @Test
  void logsOfTheSdkByHttpAreFoundByTheirTrace() {
    sendsLogsBy(
        OtlpHttpLogRecordExporter.builder().setEndpoint(otlpHttp("/v1/logs")).build(),
        "000000000000000000000000000a1000");
  }

  @Test
  void logsOfTheSdkByGrpcAreFoundByTheirTrace() {
    sendsLogsBy(
        OtlpGrpcLogRecordExporter.builder().setEndpoint(otlpGrpc()).build(),
        "000000000000000000000000000a2000");
  }

  @Test
  void logsInJsonHaveTheirIdsInHexadecimal() {
    given()
        .contentType(ContentType.JSON)
        .body(
            """
            {"resourceLogs":[{"scopeLogs":[{"logRecords":[
              {"timeUnixNano":"5","traceId":"000000000000000000000000000a3000",
               "spanId":"00000000000000cd","body":{"stringValue":"x"}},
              {"timeUnixNano":"5","body":{"stringValue":"of no trace"}}]}]}]}
            """)
        .post(otlpHttp("/v1/logs"))
        .then()
        .statusCode(200)
        .body("partialSuccess.rejectedLogRecords", equalTo("1"));

    given()
        .queryParam("traceID", "000000000000000000000000000a3000")
        .get("/telemetry/api/logs")
        .then()
        .body("[0].spanID", equalTo("00000000000000cd"));
  }

  @Test
  void tellsWhichMetricPointsItDoesNotTake() {
    given()
        .contentType(ContentType.JSON)
        .body(
            """
            {"resourceMetrics":[{"scopeMetrics":[{"metrics":[
              {"name":"d","sum":{"aggregationTemporality":1,"isMonotonic":true,
               "dataPoints":[{"asInt":"5"},{"asInt":"6"}]}}]}]}]}
            """)
        .post(otlpHttp("/v1/metrics"))
        .then()
        .statusCode(200)
        .body("partialSuccess.rejectedDataPoints", equalTo("2"))
        .body("partialSuccess.errorMessage", containsString("cumulative"));
  }

  @Test
  void takesBodiesInZstdAndRefusesBombs() {
    byte[] empty = ExportTraceServiceRequest.getDefaultInstance().toByteArray();
    given()
        .contentType("application/x-protobuf")
        .header("Content-Encoding", "zstd")
        .body(Zstd.compress(empty))
        .post(otlpHttp("/v1/traces"))
        .then()
        .statusCode(200);
    String spans =
        """
        {"resourceSpans":[{"scopeSpans":[{"spans":[{"traceId":"000000000000000000000000000a4000",
          "spanId":"00000000000000cd","name":"packed"}]}]}]}
        """;
    given()
        .contentType(ContentType.JSON)
        .header("Content-Encoding", "zstd")
        .body(Zstd.compress(spans.getBytes(StandardCharsets.UTF_8)))
        .post(otlpHttp("/v1/traces"))
        .then()
        .statusCode(200);
    given()
        .get("http://127.0.0.1:" + config.ports().jaegerQuery() + "/api/traces/a4000")
        .then()
        .statusCode(200)
        .body("data[0].spans[0].operationName", equalTo("packed"));
    int bomb =
        given()
            .contentType("application/x-protobuf")
            .header("Content-Encoding", "zstd")
            .body(Zstd.compress(new byte[64 << 20]))
            .post(otlpHttp("/v1/traces"))
            .statusCode();
    assertThat(bomb).isIn(400, 413);
    given()
        .contentType("application/x-protobuf")
        .header("Content-Encoding", "zstd")
        .body(new byte[] {1, 2, 3})
        .post(otlpHttp("/v1/traces"))
        .then()
        .statusCode(400);
  }
}
