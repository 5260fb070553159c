// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.receive;

import io.flotilla.shell.GrpcPort;
import io.flotilla.telemetry.TelemetryConfig;
import io.flotilla.telemetry.api.jaeger.JaegerProtobufCodec;
import io.flotilla.telemetry.api.jaeger.proto.CollectorServiceGrpc;
import io.flotilla.telemetry.api.jaeger.proto.PostSpansRequest;
import io.flotilla.telemetry.api.jaeger.proto.PostSpansResponse;
import io.flotilla.telemetry.api.jaeger.proto.SamplingManagerGrpc;
import io.flotilla.telemetry.api.jaeger.proto.SamplingStrategyParameters;
import io.flotilla.telemetry.api.jaeger.proto.SamplingStrategyResponse;
import io.flotilla.telemetry.api.otlp.Decoded;
import io.flotilla.telemetry.distribute.DecodingRoom;
import io.flotilla.telemetry.distribute.RefusedException;
import io.flotilla.telemetry.distribute.SpanDistributor;
import io.flotilla.telemetry.sampling.SamplingStrategies;
import io.flotilla.telemetry.tenant.Tenants;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Jaeger's collector over gRPC (api_v2), and the sampling that its SDKs ask for there. */
@ApplicationScoped
public class JaegerGrpcReceiver {
  private static final String RECEIVER = "jaeger-grpc";

  private final TelemetryConfig config;
  private final JaegerProtobufCodec codec;
  private final SpanDistributor distributor;
  private final SamplingStrategies sampling;
  private final Tenants tenants;
  private final DecodingRoom room;
  private @Nullable GrpcPort port;

  JaegerGrpcReceiver(
      TelemetryConfig config,
      JaegerProtobufCodec codec,
      SpanDistributor distributor,
      SamplingStrategies sampling,
      Tenants tenants,
      DecodingRoom room) {
    this.config = config;
    this.codec = codec;
    this.distributor = distributor;
    this.sampling = sampling;
    this.tenants = tenants;
    this.room = room;
  }

  void open(@Observes StartupEvent started) {
    if (config.ports().jaegerGrpc() != 0) {
      port =
          TenantPort.open(
              "Jaeger's collector over gRPC",
              config.host(),
              config.ports().jaegerGrpc(),
              "flotilla.telemetry.ports.jaeger-grpc",
              config.receive().maxBytes(),
              List.of(new Collector(), new Sampling()));
    }
  }

  void close(@Observes ShutdownEvent stopping) {
    if (port != null) {
      port.close();
    }
  }

  private final class Collector extends CollectorServiceGrpc.CollectorServiceImplBase {
    @Override
    public void postSpans(PostSpansRequest request, StreamObserver<PostSpansResponse> answer) {
      try (DecodingRoom.Place place = room.take(RECEIVER, request.getSerializedSize())) {
        Decoded decoded = codec.decode(request.getBatch());
        if (decoded.spans().isEmpty() && decoded.refused() > 0) {
          distributor.refused(RECEIVER, "malformed");
          answer.onError(
              Status.INVALID_ARGUMENT.withDescription(decoded.reason()).asRuntimeException());
          return;
        }
        distributor.distribute(RECEIVER, TenantPort.tenant(tenants), decoded);
        answer.onNext(PostSpansResponse.getDefaultInstance());
        answer.onCompleted();
      } catch (RefusedException e) {
        answer.onError(TenantPort.status(e));
      }
    }
  }

  private final class Sampling extends SamplingManagerGrpc.SamplingManagerImplBase {
    @Override
    public void getSamplingStrategy(
        SamplingStrategyParameters request, StreamObserver<SamplingStrategyResponse> answer) {
      answer.onNext(sampling.of(request.getServiceName()));
      answer.onCompleted();
    }
  }
}
