// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.telemetry;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.google.protobuf.ByteString;
import com.google.protobuf.Duration;
import com.google.protobuf.Timestamp;
import io.grpc.ManagedChannel;
import io.grpc.ManagedChannelBuilder;
import io.grpc.StatusRuntimeException;
import io.jaegertracing.api_v2.Model;
import io.jaegertracing.api_v2.Query;
import io.jaegertracing.api_v2.QueryServiceGrpc;
import io.jaegertracing.internal.JaegerSpan;
import io.jaegertracing.internal.JaegerSpanContext;
import io.jaegertracing.internal.JaegerTracer;
import io.jaegertracing.internal.reporters.RemoteReporter;
import io.jaegertracing.internal.samplers.ConstSampler;
import io.jaegertracing.thrift.internal.senders.HttpSender;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Traces sent by Jaeger's client, asked for with the query client that Jaeger publishes. */
class JaegerQueryIT {
  private static TelemetryProcess telemetry;
  private static ManagedChannel channel;
  private static JaegerSpanContext sent;

  @BeforeAll
  static void start(@TempDir Path folder) throws Exception {
    telemetry = TelemetryProcess.start(folder, Map.of());
    channel =
        ManagedChannelBuilder.forAddress("127.0.0.1", telemetry.port("jaeger-query-grpc"))
            .usePlaintext()
            .build();
    try (JaegerTracer front = tracer("front");
        JaegerTracer back = tracer("back")) {
      JaegerSpan call = front.buildSpan("call").withTag("span.kind", "client").start();
      JaegerSpan serve =
          back.buildSpan("serve")
              .asChildOf(call)
              .withTag("span.kind", "server")
              .withTag("error", true)
              .withTag("rows", 7)
              .start();
      serve.log(Map.of("event", "slow query"));
      for (int i = 0; i < 250; i++) {
        back.buildSpan("row").asChildOf(serve).start().finish();
      }
      serve.finish();
      call.finish();
      sent = call.context();
    }
    telemetry.trace(hex(), 252);
  }

  private static JaegerTracer tracer(String service) throws Exception {
    HttpSender sender = new HttpSender.Builder(telemetry.url("jaeger-http", "/api/traces")).build();
    return new JaegerTracer.Builder(service)
        .withTraceId128Bit()
        .withSampler(new ConstSampler(true))
        .withReporter(
            new RemoteReporter.Builder().withSender(sender).withMaxQueueSize(1_000).build())
        .build();
  }

  private static String hex() {
    return HexFormat.of().toHexDigits(sent.getTraceIdHigh())
        + HexFormat.of().toHexDigits(sent.getTraceIdLow());
  }

  @AfterAll
  static void stop() throws Exception {
    channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
    telemetry.close();
  }

  private static QueryServiceGrpc.QueryServiceBlockingStub query() {
    return QueryServiceGrpc.newBlockingStub(channel).withDeadlineAfter(20, TimeUnit.SECONDS);
  }

  private static ByteString traceId() {
    return ByteString.copyFrom(
        ByteBuffer.allocate(16)
            .putLong(sent.getTraceIdHigh())
            .putLong(sent.getTraceIdLow())
            .flip());
  }

  @Test
  void streamsATraceInChunks() {
    List<Integer> chunks = new ArrayList<>();
    List<Model.Span> spans = new ArrayList<>();
    query()
        .getTrace(Query.GetTraceRequest.newBuilder().setTraceId(traceId()).build())
        .forEachRemaining(
            chunk -> {
              chunks.add(chunk.getSpansCount());
              spans.addAll(chunk.getSpansList());
            });

    assertThat(chunks).hasSizeGreaterThan(1);
    assertThat(spans).hasSize(252);
    Model.Span serve =
        spans.stream().filter(s -> s.getOperationName().equals("serve")).findFirst().orElseThrow();
    assertThat(serve.getProcess().getServiceName()).isEqualTo("back");
    assertThat(serve.getTagsList())
        .anySatisfy(
            tag -> {
              assertThat(tag.getKey()).isEqualTo("rows");
              assertThat(tag.getVType()).isEqualTo(Model.ValueType.INT64);
              assertThat(tag.getVInt64()).isEqualTo(7);
            })
        .anySatisfy(
            tag -> {
              assertThat(tag.getKey()).isEqualTo("span.kind");
              assertThat(tag.getVStr()).isEqualTo("server");
            });
    assertThat(serve.getLogs(0).getFields(0).getVStr()).isEqualTo("slow query");
    assertThat(serve.getReferences(0).getRefType()).isEqualTo(Model.SpanRefType.CHILD_OF);
  }

  @Test
  void findsTracesByServiceOperationTagsTimeAndDuration() {
    Instant now = Instant.now();
    Query.TraceQueryParameters.Builder parameters =
        Query.TraceQueryParameters.newBuilder()
            .setServiceName("back")
            .setOperationName("serve")
            .putTags("rows", "7")
            .putTags("error", "true")
            .setStartTimeMin(Timestamp.newBuilder().setSeconds(now.getEpochSecond() - 600))
            .setStartTimeMax(Timestamp.newBuilder().setSeconds(now.getEpochSecond() + 60))
            .setSearchDepth(10);

    assertThat(spans(parameters)).isEqualTo(252);
    assertThat(spans(parameters.clone().putTags("rows", "8"))).isZero();
    assertThat(spans(parameters.clone().setDurationMin(Duration.newBuilder().setSeconds(600))))
        .isZero();
  }

  private static int spans(Query.TraceQueryParameters.Builder parameters) {
    int[] spans = new int[1];
    query()
        .findTraces(Query.FindTracesRequest.newBuilder().setQuery(parameters).build())
        .forEachRemaining(chunk -> spans[0] += chunk.getSpansCount());
    return spans[0];
  }

  @Test
  void namesServicesOperationsAndDependencies() {
    assertThat(query().getServices(Query.GetServicesRequest.getDefaultInstance()).getServicesList())
        .contains("front", "back");
    assertThat(
            query()
                .getOperations(
                    Query.GetOperationsRequest.newBuilder()
                        .setService("back")
                        .setSpanKind("server")
                        .build())
                .getOperationsList())
        .extracting(Query.Operation::getName)
        .containsExactly("serve");
    long now = Instant.now().getEpochSecond();
    assertThat(
            query()
                .getDependencies(
                    Query.GetDependenciesRequest.newBuilder()
                        .setStartTime(Timestamp.newBuilder().setSeconds(now - 3_600))
                        .setEndTime(Timestamp.newBuilder().setSeconds(now + 60))
                        .build())
                .getDependenciesList())
        .anySatisfy(
            link -> {
              assertThat(link.getParent()).isEqualTo("front");
              assertThat(link.getChild()).isEqualTo("back");
              assertThat(link.getCallCount()).isEqualTo(1);
            });
  }

  @Test
  void saysThatATraceIsNotThere() {
    assertThatThrownBy(
            () ->
                query()
                    .getTrace(
                        Query.GetTraceRequest.newBuilder()
                            .setTraceId(ByteString.copyFrom(new byte[16]))
                            .build())
                    .hasNext())
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessageContaining("NOT_FOUND");
  }

  @Test
  void answersVersionThreeOverHttpInOtlp() throws Exception {
    assertThat(telemetry.json("jaeger-query", "/api/v3/services").path("services").toString())
        .contains("front");
    assertThat(
            telemetry
                .json("jaeger-query", "/api/v3/operations?service=back&span_kind=server")
                .path("operations")
                .path(0)
                .path("name")
                .asText())
        .isEqualTo("serve");
    var trace = telemetry.json("jaeger-query", "/api/v3/traces/" + hex());
    assertThat(trace.path("result").path("resourceSpans")).isNotEmpty();
    assertThat(trace.toString()).contains(hex());
    var found =
        telemetry.json(
            "jaeger-query",
            "/api/v3/traces?query.service_name=front&query.start_time_min="
                + Instant.now().minusSeconds(600)
                + "&query.start_time_max="
                + Instant.now().plusSeconds(60));
    assertThat(found.path("result").path("resourceSpans")).isNotEmpty();
    assertThat(
            telemetry
                .json("jaeger-query", "/api/v3/traces?query.service_name=front")
                .path("error")
                .path("httpCode")
                .asInt())
        .isEqualTo(400);
    assertThat(telemetry.get("jaeger-query", "/api/v3/traces/1").statusCode()).isEqualTo(404);
  }

  @Test
  void turnsOtlpIntoWhatTheConsoleShows() throws Exception {
    String otlp =
        """
        {"resourceSpans":[{"resource":{"attributes":[
            {"key":"service.name","value":{"stringValue":"uploaded"}}]},
          "scopeSpans":[{"spans":[{"traceId":"000000000000000000000000000000aa",
            "spanId":"00000000000000bb","name":"x"}]}]}]}
        """;

    var answer =
        telemetry.post(
            "jaeger-query",
            "/api/transform",
            "application/json",
            otlp.getBytes(StandardCharsets.UTF_8));

    assertThat(answer.statusCode()).as(answer.body()).isEqualTo(200);
    assertThat(answer.body()).contains("uploaded", "\"operationName\":\"x\"");
    assertThat(
            telemetry
                .post("jaeger-query", "/api/archive/" + hex(), "application/json", new byte[0])
                .statusCode())
        .isEqualTo(501);
  }
}
