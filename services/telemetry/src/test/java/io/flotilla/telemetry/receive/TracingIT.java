// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.receive;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasItems;
import static org.hamcrest.Matchers.hasSize;
import static org.hamcrest.Matchers.is;
import static org.hamcrest.Matchers.nullValue;
import static org.hamcrest.Matchers.oneOf;

import io.flotilla.telemetry.TelemetryConfig;
import io.flotilla.telemetry.TelemetryPortsResource;
import io.flotilla.telemetry.api.Span;
import io.flotilla.telemetry.api.otlp.OtlpCodec;
import io.flotilla.telemetry.api.otlp.OtlpSpanExporter;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.ManagedChannel;
import io.grpc.reflection.v1.ServerReflectionGrpc;
import io.grpc.reflection.v1.ServerReflectionRequest;
import io.grpc.reflection.v1.ServerReflectionResponse;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.api.trace.Tracer;
import io.opentelemetry.context.Context;
import io.opentelemetry.exporter.otlp.http.trace.OtlpHttpSpanExporter;
import io.opentelemetry.exporter.otlp.trace.OtlpGrpcSpanExporter;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import io.opentelemetry.sdk.trace.export.SpanExporter;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import io.restassured.http.ContentType;
import io.restassured.response.ValidatableResponse;
import jakarta.inject.Inject;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.zip.GZIPOutputStream;
import org.junit.jupiter.api.Test;

/** Spans of real SDKs enter on the well-known ports and are read back through Jaeger's API. */
@QuarkusTest
@QuarkusTestResource(TelemetryPortsResource.class)
class TracingIT {
  @Inject TelemetryConfig config;

  private String on(int port, String path) {
    return "http://127.0.0.1:" + port + path;
  }

  private String jaeger(String path) {
    return on(config.ports().jaegerQuery(), path);
  }

  /** A client span in one service and its server span in another, as an SDK makes them. */
  private String traceWithSdk(SpanExporter exporter, String front, String back) {
    SdkTracerProvider frontTracing = provider(exporter, front);
    SdkTracerProvider backTracing = provider(exporter, back);
    Tracer tracer = frontTracing.get("test-scope");
    io.opentelemetry.api.trace.Span client =
        tracer
            .spanBuilder("GET /reviews")
            .setSpanKind(SpanKind.CLIENT)
            .setAttribute("http.response.status_code", 503)
            .setAttribute("weight", 0.25)
            .setAttribute("cached", false)
            .setAttribute("hosts", "a")
            .startSpan();
    client.addEvent("retry", Attributes.builder().put("attempt", 1).build());
    io.opentelemetry.api.trace.Span server =
        backTracing
            .get("test-scope")
            .spanBuilder("reviews")
            .setParent(Context.root().with(client))
            .setSpanKind(SpanKind.SERVER)
            .startSpan();
    server.setStatus(StatusCode.ERROR, "no ratings");
    server.end();
    client.end();
    frontTracing.forceFlush().join(10, TimeUnit.SECONDS);
    backTracing.forceFlush().join(10, TimeUnit.SECONDS);
    frontTracing.shutdown();
    backTracing.shutdown();
    return client.getSpanContext().getTraceId();
  }

  private static SdkTracerProvider provider(SpanExporter exporter, String service) {
    return SdkTracerProvider.builder()
        .addSpanProcessor(SimpleSpanProcessor.create(exporter))
        .setResource(
            Resource.create(
                Attributes.builder().put("service.name", service).put("pod", "p1").build()))
        .build();
  }

  private void assertReadBack(String traceId, String front, String back) {
    ValidatableResponse trace =
        given().get(jaeger("/api/traces/" + traceId)).then().statusCode(200);
    trace
        .body("errors", nullValue())
        .body("data", hasSize(1))
        .body("data[0].traceID", equalTo(traceId))
        .body("data[0].spans", hasSize(2))
        .body("data[0].processes.values().serviceName", hasItems(front, back));
    String client = "data[0].spans.find { it.operationName == 'GET /reviews' }";
    String server = "data[0].spans.find { it.operationName == 'reviews' }";
    trace
        .body(server + ".references[0].refType", equalTo("CHILD_OF"))
        .body(server + ".references[0].traceID", equalTo(traceId))
        .body(
            client + ".tags.find { it.key == 'http.response.status_code' }.type", equalTo("int64"))
        .body(client + ".tags.find { it.key == 'http.response.status_code' }.value", equalTo(503))
        .body(client + ".tags.find { it.key == 'weight' }.type", equalTo("float64"))
        .body(client + ".tags.find { it.key == 'cached' }.type", equalTo("bool"))
        .body(client + ".tags.find { it.key == 'span.kind' }.value", equalTo("client"))
        .body(client + ".logs[0].fields.find { it.key == 'event' }.value", equalTo("retry"))
        .body(server + ".tags.find { it.key == 'error' }.value", is(true))
        .body(
            server + ".tags.find { it.key == 'otel.status_description' }.value",
            equalTo("no ratings"));
    given().get(jaeger("/api/services")).then().body("data", hasItems(front, back));
    given()
        .get(jaeger("/api/services/" + back + "/operations"))
        .then()
        .body("data", equalTo(List.of("reviews")))
        .body("total", equalTo(1));
    given()
        .queryParam("service", back)
        .get(jaeger("/api/operations"))
        .then()
        .body("data", equalTo(List.of(Map.of("name", "reviews", "spanKind", "server"))));
    given()
        .queryParam("service", front)
        .queryParam("operation", "GET /reviews")
        .queryParam("tags", "{\"http.response.status_code\":\"503\",\"pod\":\"p1\"}")
        .queryParam("lookback", "1h")
        .queryParam("limit", 20)
        .queryParam("maxDuration", "1m")
        .get(jaeger("/api/traces"))
        .then()
        .statusCode(200)
        .body("data", hasSize(1))
        .body("data[0].traceID", equalTo(traceId));
    given()
        .queryParam("service", front)
        .queryParam("minDuration", "1h")
        .get(jaeger("/api/traces"))
        .then()
        .body("data", hasSize(0));
    given()
        .queryParam("endTs", System.currentTimeMillis() + 60_000)
        .queryParam("lookback", 3_600_000)
        .get(jaeger("/api/dependencies"))
        .then()
        .body("data.find { it.parent == '" + front + "' }.child", equalTo(back))
        .body("data.find { it.parent == '" + front + "' }.callCount", equalTo(1));
  }

  @Test
  void spansOfTheOpenTelemetrySdkByGrpcAreReadThroughJaegersApi() {
    String endpoint = on(config.ports().otlpGrpc(), "");
    String traceId =
        traceWithSdk(
            OtlpGrpcSpanExporter.builder().setEndpoint(endpoint).setCompression("gzip").build(),
            "grpc-front",
            "grpc-back");

    assertReadBack(traceId, "grpc-front", "grpc-back");
  }

  @Test
  void spansOfTheOpenTelemetrySdkByHttpAreReadThroughJaegersApi() {
    String endpoint = on(config.ports().otlpHttp(), "/v1/traces");
    String traceId =
        traceWithSdk(
            OtlpHttpSpanExporter.builder().setEndpoint(endpoint).setCompression("gzip").build(),
            "http-front",
            "http-back");

    assertReadBack(traceId, "http-front", "http-back");
  }

  private static Span span(long trace, long id, String service) {
    long now = System.currentTimeMillis() * 1_000_000;
    return new Span(
        1,
        trace,
        id,
        0,
        "x",
        Span.Kind.SERVER,
        now,
        now + 1_000,
        Map.of(),
        List.of(),
        List.of(),
        Span.Status.UNSET,
        "",
        "",
        Map.of("service.name", service),
        "");
  }

  @Test
  void spansOfOurOwnExporterArrive() {
    long trace = ThreadLocalRandom.current().nextLong(1, Long.MAX_VALUE);
    OtlpSpanExporter exporter = OtlpSpanExporter.to("127.0.0.1:" + config.ports().otlpGrpc());
    for (int i = 1; i <= 1_000; i++) {
      exporter.offer(span(trace, i, "proxy"));
    }
    exporter.close();

    assertThat(exporter.dropped()).isZero();
    given()
        .get(jaeger("/api/traces/0000000000000001" + HexFormat.of().toHexDigits(trace)))
        .then()
        .body("data[0].spans", hasSize(1_000));
  }

  @Test
  void takesOtlpInJson() {
    given()
        .contentType(ContentType.JSON)
        .body(OtlpCodec.encodeJson(List.of(span(77, 1, "json"), span(77, 0, "json"))))
        .post(on(config.ports().otlpHttp(), "/v1/traces"))
        .then()
        .statusCode(200)
        .contentType(ContentType.JSON)
        .body("partialSuccess.rejectedSpans", equalTo("1"))
        .body("partialSuccess.errorMessage", containsString("span id"));

    given()
        .get(jaeger("/api/traces/1000000000000004d"))
        .then()
        .statusCode(200)
        .body("data[0].traceID", equalTo("0000000000000001000000000000004d"));
  }

  @Test
  void takesZipkin() {
    String json =
        """
        [{"traceId":"00000000000000ab","id":"00000000000000ab","name":"get","kind":"SERVER",
          "timestamp":%d,"duration":1500,"localEndpoint":{"serviceName":"zipkin-app"}}]
        """
            .formatted(System.currentTimeMillis() * 1_000);
    given()
        .contentType(ContentType.JSON)
        .body(json)
        .post(on(config.ports().zipkin(), "/api/v2/spans"))
        .then()
        .statusCode(202);

    given()
        .get(jaeger("/api/traces/ab"))
        .then()
        .statusCode(200)
        .body("data[0].traceID", equalTo("00000000000000ab"))
        .body("data[0].spans[0].duration", equalTo(1500));
  }

  @Test
  void refusesHostileBodiesInOneSentence() throws Exception {
    String otlp = on(config.ports().otlpHttp(), "/v1/traces");
    given()
        .contentType(ContentType.JSON)
        .body("{\"resourceSpans\":")
        .post(otlp)
        .then()
        .statusCode(400)
        .body("code", equalTo(3))
        .body("message", containsString("not valid JSON"));
    given()
        .contentType("application/x-protobuf")
        .body("no protobuf at all".getBytes(StandardCharsets.UTF_8))
        .post(otlp)
        .then()
        .statusCode(400)
        .contentType("application/x-protobuf");
    given().contentType("text/plain").body("x").post(otlp).then().statusCode(415);
    ByteArrayOutputStream bomb = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(bomb)) {
      byte[] zeros = new byte[1 << 20];
      for (int i = 0; i < 64; i++) {
        out.write(zeros);
      }
    }
    given()
        .contentType("application/x-protobuf")
        .header("Content-Encoding", "gzip")
        .body(bomb.toByteArray())
        .post(otlp)
        .then()
        .statusCode(is(oneOf(400, 413)));
    given()
        .get("/q/metrics")
        .then()
        .body(
            containsString(
                "flotilla_telemetry_requests_refused_total{reason=\"malformed\",receiver=\"otlp-http\"}"));
  }

  @Test
  void answersErrorsInJaegersForm() {
    given()
        .get(jaeger("/api/traces/abcdef"))
        .then()
        .statusCode(404)
        .body("data", nullValue())
        .body("total", equalTo(0))
        .body("errors", equalTo(List.of(Map.of("code", 404, "msg", "trace not found"))));
    given()
        .get(jaeger("/api/traces/xyz"))
        .then()
        .statusCode(400)
        .body("errors[0].msg", containsString("not a trace id"));
    given()
        .get(jaeger("/api/traces"))
        .then()
        .statusCode(400)
        .body("errors[0].msg", equalTo("parameter 'service' is required"));
    given()
        .queryParam("service", "a")
        .queryParam("minDuration", "soon")
        .get(jaeger("/api/traces"))
        .then()
        .statusCode(400)
        .body("errors[0].msg", containsString("minDuration"));
    given()
        .queryParam("service", "a")
        .queryParam("tags", "{")
        .get(jaeger("/api/traces"))
        .then()
        .statusCode(400)
        .body("errors[0].msg", containsString("tags"));
  }

  @Test
  void offersGrpcReflection() throws Exception {
    ManagedChannel channel =
        Grpc.newChannelBuilder(
                "127.0.0.1:" + config.ports().otlpGrpc(), InsecureChannelCredentials.create())
            .build();
    try {
      var answers = new java.util.concurrent.LinkedBlockingQueue<ServerReflectionResponse>();
      var requests =
          ServerReflectionGrpc.newStub(channel)
              .serverReflectionInfo(
                  new io.grpc.stub.StreamObserver<ServerReflectionResponse>() {
                    @Override
                    public void onNext(ServerReflectionResponse response) {
                      answers.add(response);
                    }

                    @Override
                    public void onError(Throwable t) {}

                    @Override
                    public void onCompleted() {}
                  });
      requests.onNext(ServerReflectionRequest.newBuilder().setListServices("").build());
      ServerReflectionResponse answer = answers.poll(10, TimeUnit.SECONDS);
      requests.onCompleted();

      assertThat(answer.getListServicesResponse().getServiceList())
          .extracting(s -> s.getName())
          .contains("opentelemetry.proto.collector.trace.v1.TraceService");
    } finally {
      channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
    }
  }

  @Test
  void answersHealthMetricsAndOpenApi() {
    given().get("/q/health").then().statusCode(200).body("status", equalTo("UP"));
    given()
        .get("/q/metrics")
        .then()
        .statusCode(200)
        .body(containsString("flotilla_telemetry_store_bytes"));
    given()
        .accept(ContentType.JSON)
        .get("/q/openapi?format=json")
        .then()
        .statusCode(200)
        .body("paths.keySet()", hasItem("/telemetry/jaeger/api/traces/{id}"));
    assertThat(Duration.ofSeconds(5)).isEqualTo(config.receive().timeout());
  }
}
