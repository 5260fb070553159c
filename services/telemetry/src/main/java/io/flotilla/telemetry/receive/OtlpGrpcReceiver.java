// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.receive;

import io.flotilla.shell.GrpcPort;
import io.flotilla.telemetry.TelemetryConfig;
import io.flotilla.telemetry.api.otlp.Decoded;
import io.flotilla.telemetry.api.otlp.OtlpCodec;
import io.flotilla.telemetry.distribute.DecodingRoom;
import io.flotilla.telemetry.distribute.RefusedException;
import io.flotilla.telemetry.distribute.SpanDistributor;
import io.flotilla.telemetry.log.OtlpLogs;
import io.flotilla.telemetry.metric.OtlpMetrics;
import io.flotilla.telemetry.tenant.Tenants;
import io.grpc.stub.StreamObserver;
import io.opentelemetry.proto.collector.logs.v1.ExportLogsServiceRequest;
import io.opentelemetry.proto.collector.logs.v1.ExportLogsServiceResponse;
import io.opentelemetry.proto.collector.logs.v1.LogsServiceGrpc;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceRequest;
import io.opentelemetry.proto.collector.metrics.v1.ExportMetricsServiceResponse;
import io.opentelemetry.proto.collector.metrics.v1.MetricsServiceGrpc;
import io.opentelemetry.proto.collector.trace.v1.ExportTracePartialSuccess;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse;
import io.opentelemetry.proto.collector.trace.v1.TraceServiceGrpc;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** OTLP over gRPC: traces, metrics and logs. */
@ApplicationScoped
public class OtlpGrpcReceiver {
  private static final String RECEIVER = "otlp-grpc";

  private final TelemetryConfig config;
  private final OtlpCodec codec;
  private final SpanDistributor distributor;
  private final OtlpMetrics metrics;
  private final OtlpLogs logs;
  private final Tenants tenants;
  private final DecodingRoom room;
  private @Nullable GrpcPort port;

  OtlpGrpcReceiver(
      TelemetryConfig config,
      OtlpCodec codec,
      SpanDistributor distributor,
      OtlpMetrics metrics,
      OtlpLogs logs,
      Tenants tenants,
      DecodingRoom room) {
    this.config = config;
    this.codec = codec;
    this.distributor = distributor;
    this.metrics = metrics;
    this.logs = logs;
    this.tenants = tenants;
    this.room = room;
  }

  void open(@Observes StartupEvent started) {
    if (config.ports().otlpGrpc() != 0) {
      port =
          TenantPort.open(
              "OTLP over gRPC",
              config.host(),
              config.ports().otlpGrpc(),
              "flotilla.telemetry.ports.otlp-grpc",
              config.receive().maxBytes(),
              List.of(new TraceService(), new MetricsService(), new LogsService()));
    }
  }

  void close(@Observes ShutdownEvent stopping) {
    if (port != null) {
      port.close();
    }
  }

  private final class TraceService extends TraceServiceGrpc.TraceServiceImplBase {
    @Override
    public void export(
        ExportTraceServiceRequest request, StreamObserver<ExportTraceServiceResponse> answer) {
      try (DecodingRoom.Place place = room.take(RECEIVER, request.getSerializedSize())) {
        Decoded decoded = codec.decode(request);
        distributor.distribute(RECEIVER, TenantPort.tenant(tenants), decoded);
        answer.onNext(response(decoded));
        answer.onCompleted();
      } catch (RefusedException e) {
        answer.onError(TenantPort.status(e));
      }
    }
  }

  private final class MetricsService extends MetricsServiceGrpc.MetricsServiceImplBase {
    @Override
    public void export(
        ExportMetricsServiceRequest request, StreamObserver<ExportMetricsServiceResponse> answer) {
      answer.onNext(metrics.take(request));
      answer.onCompleted();
    }
  }

  private final class LogsService extends LogsServiceGrpc.LogsServiceImplBase {
    @Override
    public void export(
        ExportLogsServiceRequest request, StreamObserver<ExportLogsServiceResponse> answer) {
      answer.onNext(logs.take(TenantPort.tenant(tenants), request, false));
      answer.onCompleted();
    }
  }

  /** What a sender is told: how many spans were left out, and why the first. */
  static ExportTraceServiceResponse response(Decoded decoded) {
    ExportTraceServiceResponse.Builder response = ExportTraceServiceResponse.newBuilder();
    if (decoded.refused() > 0) {
      response.setPartialSuccess(
          ExportTracePartialSuccess.newBuilder()
              .setRejectedSpans(decoded.refused())
              .setErrorMessage(decoded.reason()));
    }
    return response.build();
  }
}
