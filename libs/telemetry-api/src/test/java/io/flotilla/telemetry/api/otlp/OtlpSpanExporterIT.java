// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.api.otlp;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.telemetry.api.Span;
import io.flotilla.telemetry.api.SpanFixture;
import io.grpc.Grpc;
import io.grpc.InsecureChannelCredentials;
import io.grpc.InsecureServerCredentials;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse;
import io.opentelemetry.proto.collector.trace.v1.TraceServiceGrpc;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class OtlpSpanExporterIT {
  private static final OtlpCodec CODEC = new OtlpCodec(SpanLimits.DEFAULT);
  private final BlockingQueue<List<Span>> received = new LinkedBlockingQueue<>();
  private final AtomicInteger failures = new AtomicInteger();

  private Server collector(int port) throws Exception {
    return Grpc.newServerBuilderForPort(port, InsecureServerCredentials.create())
        .addService(
            new TraceServiceGrpc.TraceServiceImplBase() {
              @Override
              public void export(
                  ExportTraceServiceRequest request,
                  StreamObserver<ExportTraceServiceResponse> answer) {
                if (failures.getAndDecrement() > 0) {
                  answer.onError(Status.UNAVAILABLE.asRuntimeException());
                  return;
                }
                received.add(CODEC.decode(request).spans());
                answer.onNext(ExportTraceServiceResponse.getDefaultInstance());
                answer.onCompleted();
              }
            })
        .build()
        .start();
  }

  private static OtlpSpanExporter exporter(int port, Duration delay, Duration closing) {
    return new OtlpSpanExporter(
        Grpc.newChannelBuilder("127.0.0.1:" + port, InsecureChannelCredentials.create()).build(),
        new OtlpSpanExporter.Settings(
            100, 10, delay, Duration.ofSeconds(5), Duration.ofSeconds(30), closing));
  }

  @Test
  void sendsAFullBatchAtOnceAndTheRestAfterTheDelay() throws Exception {
    Server server = collector(0);
    try (OtlpSpanExporter exporter =
        exporter(server.getPort(), Duration.ofMillis(500), Duration.ofSeconds(2))) {
      for (int i = 1; i <= 13; i++) {
        assertThat(exporter.offer(SpanFixture.plain(1, i, 0, "a", "b"))).isTrue();
      }

      assertThat(received.poll(10, TimeUnit.SECONDS)).hasSize(10);
      assertThat(received.poll(10, TimeUnit.SECONDS)).hasSize(3);
      assertThat(exporter.dropped()).isZero();
    } finally {
      server.shutdownNow();
    }
  }

  @Test
  void retriesWhenTheCollectorIsUnavailable() throws Exception {
    failures.set(2);
    Server server = collector(0);
    try (OtlpSpanExporter exporter =
        exporter(server.getPort(), Duration.ofMillis(10), Duration.ofSeconds(2))) {
      exporter.offer(SpanFixture.full());

      assertThat(received.poll(10, TimeUnit.SECONDS)).containsExactly(SpanFixture.full());
      assertThat(exporter.dropped()).isZero();
    } finally {
      server.shutdownNow();
    }
  }

  @Test
  void closingFlushesWhatIsWaiting() throws Exception {
    Server server = collector(0);
    OtlpSpanExporter exporter =
        exporter(server.getPort(), Duration.ofMinutes(1), Duration.ofSeconds(5));
    exporter.offer(SpanFixture.full());

    exporter.close();

    assertThat(received).hasSize(1);
    assertThat(exporter.sent()).isEqualTo(1);
    assertThat(exporter.offer(SpanFixture.full())).isFalse();
    server.shutdownNow();
  }

  @Test
  void aCollectorThatIsAwayCostsSpansButNeverTheCallersTime() throws Exception {
    Server gone = collector(0);
    int port = gone.getPort();
    gone.shutdownNow().awaitTermination();
    OtlpSpanExporter exporter = exporter(port, Duration.ofMillis(10), Duration.ofMillis(300));
    long before = System.nanoTime();
    for (int i = 1; i <= 1_000; i++) {
      exporter.offer(SpanFixture.plain(1, i, 0, "a", "b"));
    }
    assertThat(Duration.ofNanos(System.nanoTime() - before)).isLessThan(Duration.ofMinutes(1));

    exporter.close();

    assertThat(exporter.dropped()).isEqualTo(1_000);
    assertThat(exporter.sent()).isZero();
  }
}
