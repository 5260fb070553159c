// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.telemetry;

import static org.assertj.core.api.Assertions.assertThat;

import brave.Span;
import brave.Tracing;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.stub.StreamObserver;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse;
import io.opentelemetry.proto.collector.trace.v1.TraceServiceGrpc;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import zipkin2.reporter.brave.AsyncZipkinSpanHandler;
import zipkin2.reporter.urlconnection.URLConnectionSender;

/** What Zipkin's reporter sends is handed on to a collector that comes later than the spans. */
class ExportIT {
  @Test
  void handsStoredSpansOnToACollectorThatWasAwayAtFirst(@TempDir Path folder) throws Exception {
    int port;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    LinkedBlockingQueue<ExportTraceServiceRequest> received = new LinkedBlockingQueue<>();
    try (TelemetryProcess telemetry =
        TelemetryProcess.start(
            folder, Map.of("flotilla.telemetry.export.otlp", "127.0.0.1:" + port))) {
      reportTwoSpans(telemetry);
      Server collector =
          NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", port))
              .addService(
                  new TraceServiceGrpc.TraceServiceImplBase() {
                    @Override
                    public void export(
                        ExportTraceServiceRequest request,
                        StreamObserver<ExportTraceServiceResponse> answer) {
                      received.add(request);
                      answer.onNext(ExportTraceServiceResponse.getDefaultInstance());
                      answer.onCompleted();
                    }
                  })
              .build()
              .start();
      try {
        Set<String> names = new HashSet<>();
        while (names.size() < 2) {
          ExportTraceServiceRequest request = received.poll(30, TimeUnit.SECONDS);
          assertThat(request).as("a request after " + names).isNotNull();
          request
              .getResourceSpansList()
              .forEach(
                  resource ->
                      resource
                          .getScopeSpansList()
                          .forEach(
                              scope ->
                                  scope.getSpansList().forEach(span -> names.add(span.getName()))));
        }

        assertThat(names).containsExactlyInAnyOrder("checkout", "charge");
      } finally {
        collector.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
      }
    }
  }

  private static void reportTwoSpans(TelemetryProcess telemetry) throws Exception {
    try (AsyncZipkinSpanHandler handler =
            AsyncZipkinSpanHandler.create(
                URLConnectionSender.create(telemetry.url("zipkin", "/api/v2/spans")));
        Tracing tracing =
            Tracing.newBuilder().localServiceName("shop").addSpanHandler(handler).build()) {
      Span parent = tracing.tracer().newTrace().name("checkout").start();
      tracing.tracer().newChild(parent.context()).name("charge").start().finish();
      parent.finish();
      handler.flush();
      telemetry.trace(parent.context().traceIdString(), 2);
    }
  }
}
