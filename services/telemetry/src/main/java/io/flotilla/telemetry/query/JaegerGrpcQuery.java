// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.query;

import com.google.protobuf.ByteString;
import com.google.protobuf.Duration;
import com.google.protobuf.Timestamp;
import io.flotilla.shell.GrpcPort;
import io.flotilla.telemetry.TelemetryConfig;
import io.flotilla.telemetry.api.Span;
import io.flotilla.telemetry.api.jaeger.JaegerProtobufCodec;
import io.flotilla.telemetry.api.jaeger.proto.ArchiveTraceRequest;
import io.flotilla.telemetry.api.jaeger.proto.ArchiveTraceResponse;
import io.flotilla.telemetry.api.jaeger.proto.DependencyLink;
import io.flotilla.telemetry.api.jaeger.proto.FindTracesRequest;
import io.flotilla.telemetry.api.jaeger.proto.GetDependenciesRequest;
import io.flotilla.telemetry.api.jaeger.proto.GetDependenciesResponse;
import io.flotilla.telemetry.api.jaeger.proto.GetOperationsRequest;
import io.flotilla.telemetry.api.jaeger.proto.GetOperationsResponse;
import io.flotilla.telemetry.api.jaeger.proto.GetServicesRequest;
import io.flotilla.telemetry.api.jaeger.proto.GetServicesResponse;
import io.flotilla.telemetry.api.jaeger.proto.GetTraceRequest;
import io.flotilla.telemetry.api.jaeger.proto.QueryServiceGrpc;
import io.flotilla.telemetry.api.jaeger.proto.SpansResponseChunk;
import io.flotilla.telemetry.api.jaeger.proto.TraceQueryParameters;
import io.flotilla.telemetry.receive.TenantPort;
import io.flotilla.telemetry.store.Dependency;
import io.flotilla.telemetry.store.Operation;
import io.flotilla.telemetry.store.Trace;
import io.flotilla.telemetry.store.TraceId;
import io.flotilla.telemetry.store.TraceQuery;
import io.flotilla.telemetry.store.TraceStore;
import io.flotilla.telemetry.store.TraceStores;
import io.flotilla.telemetry.tenant.Tenants;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.time.Instant;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Jaeger's query API over gRPC (api_v2); spans are streamed in small chunks, as Jaeger does. */
@ApplicationScoped
public class JaegerGrpcQuery {
  private static final int SPANS_OF_A_CHUNK = 100;
  private static final int DEFAULT_TRACES = 100;
  private static final int MOST_TRACES = 10_000;
  private static final int REQUEST_BYTES = 1 << 20;

  private final TelemetryConfig config;
  private final TraceStores stores;
  private final Tenants tenants;
  private @Nullable GrpcPort port;

  JaegerGrpcQuery(TelemetryConfig config, TraceStores stores, Tenants tenants) {
    this.config = config;
    this.stores = stores;
    this.tenants = tenants;
  }

  void open(@Observes StartupEvent started) {
    if (config.ports().jaegerQueryGrpc() != 0) {
      port =
          TenantPort.open(
              "Jaeger's query API over gRPC",
              config.host(),
              config.ports().jaegerQueryGrpc(),
              "flotilla.telemetry.ports.jaeger-query-grpc",
              REQUEST_BYTES,
              List.of(new Query()));
    }
  }

  void close(@Observes ShutdownEvent stopping) {
    if (port != null) {
      port.close();
    }
  }

  private TraceStore store() {
    return stores.reading(TenantPort.tenant(tenants));
  }

  private static TraceId traceId(ByteString bytes) {
    if (bytes.size() == 16) {
      var buffer = bytes.asReadOnlyByteBuffer();
      return new TraceId(buffer.getLong(), buffer.getLong());
    }
    if (bytes.size() == 8) {
      return new TraceId(0, bytes.asReadOnlyByteBuffer().getLong());
    }
    throw Status.INVALID_ARGUMENT
        .withDescription("a trace id has 16 bytes, this one has " + bytes.size())
        .asRuntimeException();
  }

  private static long nanos(Timestamp time) {
    return Math.addExact(
        Math.multiplyExact(time.getSeconds(), 1_000_000_000L), (long) time.getNanos());
  }

  private static long nanos(Duration duration) {
    return Math.addExact(
        Math.multiplyExact(duration.getSeconds(), 1_000_000_000L), (long) duration.getNanos());
  }

  /** The search that Jaeger's parameters mean; without times, of any time. */
  static TraceQuery query(TraceQueryParameters asked) {
    int limit = asked.getSearchDepth();
    return new TraceQuery(
        asked.getServiceName().isEmpty() ? null : asked.getServiceName(),
        asked.getOperationName().isEmpty() ? null : asked.getOperationName(),
        asked.getTagsMap(),
        asked.hasStartTimeMin() ? nanos(asked.getStartTimeMin()) : 0,
        asked.hasStartTimeMax() ? nanos(asked.getStartTimeMax()) : Long.MAX_VALUE,
        nanos(asked.getDurationMin()),
        asked.hasDurationMax() && nanos(asked.getDurationMax()) > 0
            ? nanos(asked.getDurationMax())
            : Long.MAX_VALUE,
        limit <= 0 ? DEFAULT_TRACES : Math.min(limit, MOST_TRACES));
  }

  private final class Query extends QueryServiceGrpc.QueryServiceImplBase {
    @Override
    public void getTrace(GetTraceRequest request, StreamObserver<SpansResponseChunk> answer) {
      Trace trace = store().find(traceId(request.getTraceId())).orElse(null);
      if (trace == null) {
        answer.onError(Status.NOT_FOUND.withDescription("trace not found").asRuntimeException());
        return;
      }
      send(trace, answer);
      answer.onCompleted();
    }

    @Override
    public void findTraces(FindTracesRequest request, StreamObserver<SpansResponseChunk> answer) {
      TraceQuery query;
      try {
        query = query(request.getQuery());
      } catch (ArithmeticException e) {
        answer.onError(
            Status.INVALID_ARGUMENT
                .withDescription("a time or duration is out of range")
                .asRuntimeException());
        return;
      }
      for (Trace trace : store().search(query)) {
        send(trace, answer);
      }
      answer.onCompleted();
    }

    /** A caller that has gone gets no more. */
    private void send(Trace trace, StreamObserver<SpansResponseChunk> answer) {
      List<Span> spans = trace.spans();
      boolean gone = answer instanceof ServerCallStreamObserver<?> call && call.isCancelled();
      for (int from = 0; from < spans.size() && !gone; from += SPANS_OF_A_CHUNK) {
        SpansResponseChunk.Builder chunk = SpansResponseChunk.newBuilder();
        spans
            .subList(from, Math.min(spans.size(), from + SPANS_OF_A_CHUNK))
            .forEach(span -> chunk.addSpans(JaegerProtobufCodec.encode(span)));
        answer.onNext(chunk.build());
      }
    }

    @Override
    public void archiveTrace(
        ArchiveTraceRequest request, StreamObserver<ArchiveTraceResponse> answer) {
      answer.onError(
          Status.UNIMPLEMENTED
              .withDescription("archive storage was not configured")
              .asRuntimeException());
    }

    @Override
    public void getServices(
        GetServicesRequest request, StreamObserver<GetServicesResponse> answer) {
      answer.onNext(GetServicesResponse.newBuilder().addAllServices(store().services()).build());
      answer.onCompleted();
    }

    @Override
    public void getOperations(
        GetOperationsRequest request, StreamObserver<GetOperationsResponse> answer) {
      GetOperationsResponse.Builder response = GetOperationsResponse.newBuilder();
      for (Operation operation : store().operations(request.getService())) {
        String kind =
            operation.kind() == Span.Kind.UNSPECIFIED
                ? ""
                : operation.kind().name().toLowerCase(Locale.ROOT);
        if (request.getSpanKind().isEmpty() || request.getSpanKind().equals(kind)) {
          response
              .addOperationNames(operation.name())
              .addOperationsBuilder()
              .setName(operation.name())
              .setSpanKind(kind);
        }
      }
      answer.onNext(response.build());
      answer.onCompleted();
    }

    @Override
    public void getDependencies(
        GetDependenciesRequest request, StreamObserver<GetDependenciesResponse> answer) {
      Instant start = instant(request.getStartTime());
      Instant end = instant(request.getEndTime());
      GetDependenciesResponse.Builder response = GetDependenciesResponse.newBuilder();
      if (end.isAfter(start)) {
        for (Dependency of : store().dependencies(end, java.time.Duration.between(start, end))) {
          response.addDependencies(
              DependencyLink.newBuilder()
                  .setParent(of.parent())
                  .setChild(of.child())
                  .setCallCount(of.callCount()));
        }
      }
      answer.onNext(response.build());
      answer.onCompleted();
    }

    private static Instant instant(Timestamp time) {
      return Instant.ofEpochSecond(
          Math.clamp(time.getSeconds(), 0, 253_402_300_799L), time.getNanos());
    }
  }
}
