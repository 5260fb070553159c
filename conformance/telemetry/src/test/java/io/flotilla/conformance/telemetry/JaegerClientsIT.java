// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import io.jaegertracing.internal.JaegerSpan;
import io.jaegertracing.internal.JaegerSpanContext;
import io.jaegertracing.internal.JaegerTracer;
import io.jaegertracing.internal.reporters.RemoteReporter;
import io.jaegertracing.internal.samplers.ConstSampler;
import io.jaegertracing.internal.samplers.HttpSamplingManager;
import io.jaegertracing.internal.samplers.http.SamplingStrategyResponse;
import io.jaegertracing.thrift.internal.senders.HttpSender;
import io.jaegertracing.thrift.internal.senders.ThriftSender;
import io.jaegertracing.thrift.internal.senders.UdpSender;
import io.jaegertracing.thriftjava.Batch;
import io.opentelemetry.api.common.Attributes;
import io.opentelemetry.api.trace.Span;
import io.opentelemetry.api.trace.SpanKind;
import io.opentelemetry.api.trace.StatusCode;
import io.opentelemetry.context.Context;
import io.opentelemetry.exporter.jaeger.JaegerGrpcSpanExporter;
import io.opentelemetry.sdk.extension.trace.jaeger.sampler.JaegerRemoteSampler;
import io.opentelemetry.sdk.resources.Resource;
import io.opentelemetry.sdk.trace.SdkTracerProvider;
import io.opentelemetry.sdk.trace.export.SimpleSpanProcessor;
import java.net.DatagramPacket;
import java.net.DatagramSocket;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.apache.thrift.protocol.TBinaryProtocol;
import org.apache.thrift.protocol.TMessage;
import org.apache.thrift.protocol.TMessageType;
import org.apache.thrift.transport.TMemoryBuffer;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Jaeger's own client, and the OpenTelemetry SDK with its exporter in Jaeger's protocol. */
class JaegerClientsIT {
  private static final String STRATEGIES =
      """
      {"service_strategies": [
         {"service": "checkout", "type": "probabilistic", "param": 0.25,
          "operation_strategies": [{"operation": "pay", "type": "probabilistic", "param": 1}]},
         {"service": "search", "type": "ratelimiting", "param": 7}],
       "default_strategy": {"type": "probabilistic", "param": 0.5}}
      """;

  private static TelemetryProcess telemetry;

  @BeforeAll
  static void start(@TempDir Path folder) throws Exception {
    Path strategies = Files.writeString(folder.resolve("strategies.json"), STRATEGIES);
    telemetry =
        TelemetryProcess.start(
            folder, Map.of("flotilla.telemetry.sampling.file", strategies.toString()));
  }

  @AfterAll
  static void stop() throws Exception {
    telemetry.close();
  }

  /** A parent and its child, with tags of every type and a log, sent by Jaeger's client. */
  private static void sendsATraceBy(ThriftSender sender, String service) throws Exception {
    JaegerSpanContext context;
    try (JaegerTracer tracer =
        new JaegerTracer.Builder(service)
            .withTraceId128Bit()
            .withSampler(new ConstSampler(true))
            .withReporter(new RemoteReporter.Builder().withSender(sender).build())
            .withTag("pod", "p-1")
            .build()) {
      JaegerSpan parent =
          tracer
              .buildSpan("GET /cart")
              .withTag("span.kind", "server")
              .withTag("http.status_code", 500)
              .withTag("cached", false)
              .withTag("weight", 0.25)
              .withTag("error", true)
              .start();
      parent.log(Map.of("event", "retry", "attempt", 2));
      JaegerSpan child = tracer.buildSpan("SELECT").asChildOf(parent).start();
      child.finish();
      parent.finish();
      context = parent.context();
    }
    String id =
        HexFormat.of().toHexDigits(context.getTraceIdHigh())
            + HexFormat.of().toHexDigits(context.getTraceIdLow());
    JsonNode trace = telemetry.trace(id, 2);
    JsonNode parent = Traces.span(trace, "GET /cart");
    JsonNode child = Traces.span(trace, "SELECT");
    assertThat(Traces.service(trace, parent)).isEqualTo(service);
    assertThat(Traces.parent(child)).isEqualTo(parent.path("spanID").asText());
    assertThat(Traces.parent(parent)).isEmpty();
    assertThat(Traces.tags(parent))
        .containsEntry("span.kind", "server")
        .containsEntry("http.status_code", "500")
        .containsEntry("cached", "false")
        .containsEntry("weight", "0.25")
        .containsEntry("error", "true");
    assertThat(parent.path("logs").path(0).path("fields").toString())
        .contains("retry")
        .contains("attempt");
    assertThat(trace.path("processes").toString()).contains("p-1");
  }

  @Test
  void jaegersClientByUdpInTheCompactProtocol() throws Exception {
    sendsATraceBy(new UdpSender("127.0.0.1", telemetry.port("jaeger-compact"), 0), "udp-compact");
  }

  @Test
  void jaegersClientByHttpInTheBinaryProtocol() throws Exception {
    sendsATraceBy(
        new HttpSender.Builder(telemetry.url("jaeger-http", "/api/traces")).build(), "http-thrift");
  }

  @Test
  void jaegersStructsByUdpInTheBinaryProtocol() throws Exception {
    var span = new io.jaegertracing.thriftjava.Span(77, 1, 5, 0, "binary", 1, 1_000_000, 20);
    Batch batch = new Batch(new io.jaegertracing.thriftjava.Process("udp-binary"), List.of(span));
    TMemoryBuffer packet = new TMemoryBuffer(512);
    TBinaryProtocol out = new TBinaryProtocol(packet);
    out.writeMessageBegin(new TMessage("emitBatch", TMessageType.ONEWAY, 0));
    new io.jaegertracing.agent.thrift.Agent.emitBatch_args(batch).write(out);
    out.writeMessageEnd();
    try (DatagramSocket socket = new DatagramSocket()) {
      socket.send(
          new DatagramPacket(
              packet.getArray(),
              packet.length(),
              new InetSocketAddress("127.0.0.1", telemetry.port("jaeger-binary"))));
    }

    JsonNode trace = telemetry.trace("0000000000000001000000000000004d", 1);

    assertThat(Traces.span(trace, "binary").path("duration").asLong()).isEqualTo(20);
  }

  @Test
  void aPacketThatIsNoneIsCountedAndTheNextOneIsTaken() throws Exception {
    try (DatagramSocket socket = new DatagramSocket()) {
      byte[] noise = {(byte) 0x82, 0x21, 0, 9, 'e', 'm', 'i', 't', 'B', (byte) 0xff, 0x7f, 1};
      socket.send(
          new DatagramPacket(
              noise,
              noise.length,
              new InetSocketAddress("127.0.0.1", telemetry.port("jaeger-compact"))));
    }
    sendsATraceBy(new UdpSender("127.0.0.1", telemetry.port("jaeger-compact"), 0), "after-noise");

    assertThat(telemetry.get("http", "/q/metrics").body())
        .contains(
            "flotilla_telemetry_requests_refused_total{reason=\"malformed\",receiver=\"jaeger-compact\"} 1");
  }

  @Test
  void aBodyThatIsNoThriftIsRefusedInOneSentence() throws Exception {
    var answer =
        telemetry.post("jaeger-http", "/api/traces", "application/x-thrift", new byte[] {15, 0, 1});

    assertThat(answer.statusCode()).isEqualTo(400);
    assertThat(answer.body()).contains("not a Jaeger batch");
    assertThat(telemetry.post("jaeger-http", "/api/traces", "text/plain", new byte[1]).statusCode())
        .isEqualTo(415);
  }

  @Test
  void openTelemetrysSdkByJaegersGrpc() {
    JaegerGrpcSpanExporter exporter =
        JaegerGrpcSpanExporter.builder().setEndpoint(telemetry.url("jaeger-grpc", "")).build();
    String id;
    try (SdkTracerProvider tracing =
        SdkTracerProvider.builder()
            .addSpanProcessor(SimpleSpanProcessor.create(exporter))
            .setResource(
                Resource.create(Attributes.builder().put("service.name", "otel-jaeger").build()))
            .build()) {
      Span parent =
          tracing
              .get("scope-1")
              .spanBuilder("produce")
              .setSpanKind(SpanKind.PRODUCER)
              .setAttribute("n", 3)
              .startSpan();
      parent.addEvent("sent", Attributes.builder().put("bytes", 10).build());
      Span child =
          tracing
              .get("scope-1")
              .spanBuilder("inner")
              .setParent(Context.root().with(parent))
              .startSpan();
      child.setStatus(StatusCode.ERROR, "broken");
      child.end();
      parent.end();
      tracing.forceFlush().join(10, TimeUnit.SECONDS);
      id = parent.getSpanContext().getTraceId();
    }

    JsonNode trace = assertTrace(id);

    JsonNode parent = Traces.span(trace, "produce");
    JsonNode child = Traces.span(trace, "inner");
    assertThat(Traces.parent(child)).isEqualTo(parent.path("spanID").asText());
    assertThat(Traces.service(trace, parent)).isEqualTo("otel-jaeger");
    assertThat(Traces.tags(parent)).containsEntry("span.kind", "producer").containsEntry("n", "3");
    assertThat(Traces.tags(child))
        .containsEntry("otel.status_code", "ERROR")
        .containsEntry("otel.status_description", "broken")
        .containsEntry("otel.scope.name", "scope-1");
  }

  private static JsonNode assertTrace(String id) {
    try {
      return telemetry.trace(id, 2);
    } catch (Exception e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void jaegersClientIsToldHowMuchToSample() {
    HttpSamplingManager manager =
        new HttpSamplingManager("127.0.0.1:" + telemetry.port("jaeger-sampling"));

    SamplingStrategyResponse checkout = manager.getSamplingStrategy("checkout");
    SamplingStrategyResponse search = manager.getSamplingStrategy("search");
    SamplingStrategyResponse other = manager.getSamplingStrategy("other");

    assertThat(checkout.getOperationSampling().getDefaultSamplingProbability()).isEqualTo(0.25);
    assertThat(checkout.getOperationSampling().getPerOperationStrategies())
        .singleElement()
        .satisfies(
            operation -> {
              assertThat(operation.getOperation()).isEqualTo("pay");
              assertThat(operation.getProbabilisticSampling().getSamplingRate()).isEqualTo(1);
            });
    assertThat(search.getRateLimitingSampling().getMaxTracesPerSecond()).isEqualTo(7);
    assertThat(other.getProbabilisticSampling().getSamplingRate()).isEqualTo(0.5);
  }

  @Test
  void openTelemetrysRemoteSamplerFollowsTheStrategy() throws Exception {
    try (JaegerRemoteSampler sampler =
        JaegerRemoteSampler.builder()
            .setServiceName("search")
            .setEndpoint(telemetry.url("jaeger-grpc", ""))
            .build()) {
      for (int i = 0; i < 200 && !sampler.getDescription().contains("RateLimiting"); i++) {
        Thread.sleep(50);
      }

      assertThat(sampler.getDescription()).contains("RateLimitingSampler{7");
    }
  }
}
