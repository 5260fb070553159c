// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.receive;

import io.flotilla.telemetry.TelemetryConfig;
import io.flotilla.telemetry.api.otlp.Decoded;
import io.flotilla.telemetry.api.otlp.OtlpCodec;
import io.flotilla.telemetry.distribute.OverloadedException;
import io.flotilla.telemetry.distribute.SpanDistributor;
import io.grpc.Server;
import io.grpc.Status;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.grpc.stub.StreamObserver;
import io.opentelemetry.proto.collector.trace.v1.ExportTracePartialSuccess;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceResponse;
import io.opentelemetry.proto.collector.trace.v1.TraceServiceGrpc;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/** OTLP over gRPC on a server and port of its own, with reflection and health. */
@ApplicationScoped
public class OtlpGrpcReceiver {
  private static final Logger LOG = Logger.getLogger(OtlpGrpcReceiver.class);
  private static final String RECEIVER = "otlp-grpc";

  private final TelemetryConfig config;
  private final OtlpCodec codec;
  private final SpanDistributor distributor;
  private @Nullable Server server;

  OtlpGrpcReceiver(TelemetryConfig config, OtlpCodec codec, SpanDistributor distributor) {
    this.config = config;
    this.codec = codec;
    this.distributor = distributor;
  }

  void open(@Observes StartupEvent started) {
    int port = config.ports().otlpGrpc();
    if (port == 0) {
      return;
    }
    try {
      server =
          NettyServerBuilder.forAddress(new InetSocketAddress(config.host(), port))
              .executor(Executors.newVirtualThreadPerTaskExecutor())
              .maxInboundMessageSize(config.receive().maxBytes())
              .maxInboundMetadataSize(16 * 1024)
              .maxConcurrentCallsPerConnection(256)
              .permitKeepAliveTime(10, TimeUnit.SECONDS)
              .permitKeepAliveWithoutCalls(true)
              .addService(new TraceService())
              .addService(new HealthStatusManager().getHealthService())
              .addService(ProtoReflectionServiceV1.newInstance())
              .build()
              .start();
      LOG.infof("OTLP over gRPC listens on %s:%d", config.host(), server.getPort());
    } catch (IOException e) {
      throw new IllegalStateException(
          "OTLP over gRPC cannot listen on "
              + config.host()
              + ":"
              + port
              + ": "
              + (e.getCause() == null ? e : e.getCause()).getMessage()
              + "; free the port or set flotilla.telemetry.ports.otlp-grpc",
          e);
    }
  }

  void close(@Observes ShutdownEvent stopping) throws InterruptedException {
    if (server != null && !server.shutdown().awaitTermination(3, TimeUnit.SECONDS)) {
      server.shutdownNow();
    }
  }

  private final class TraceService extends TraceServiceGrpc.TraceServiceImplBase {
    @Override
    public void export(
        ExportTraceServiceRequest request, StreamObserver<ExportTraceServiceResponse> answer) {
      Decoded decoded = codec.decode(request);
      try {
        distributor.distribute(RECEIVER, decoded);
        answer.onNext(response(decoded));
        answer.onCompleted();
      } catch (OverloadedException e) {
        answer.onError(Status.UNAVAILABLE.withDescription(e.getMessage()).asRuntimeException());
      }
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
