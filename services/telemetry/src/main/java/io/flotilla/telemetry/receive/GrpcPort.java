// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.receive;

import com.google.protobuf.Any;
import com.google.rpc.Code;
import com.google.rpc.RetryInfo;
import io.flotilla.telemetry.distribute.RefusedException;
import io.flotilla.telemetry.tenant.Tenant;
import io.flotilla.telemetry.tenant.Tenants;
import io.flotilla.telemetry.tenant.UnknownTenantException;
import io.grpc.BindableService;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.Server;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.StatusProto;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/**
 * A gRPC server on a well-known port, with reflection and health; its threads are gRPC's shared
 * ones and virtual ones. Calls see the header that names their tenant.
 */
public final class GrpcPort {
  private static final Logger LOG = Logger.getLogger(GrpcPort.class);
  private static final Context.Key<String> TENANT = Context.key("tenant");
  private static final Metadata.Key<String> TENANT_HEADER =
      Metadata.Key.of(Tenant.HEADER, Metadata.ASCII_STRING_MARSHALLER);
  private static final com.google.protobuf.Duration RETRY_DELAY =
      com.google.protobuf.Duration.newBuilder().setSeconds(1).build();

  private final Server server;

  private GrpcPort(Server server) {
    this.server = server;
  }

  /**
   * Opens the port.
   *
   * @param name for logs and errors, "OTLP over gRPC"
   * @param key of the configuration that moves it
   * @throws IllegalStateException naming the port, if it cannot be bound
   */
  public static GrpcPort open(
      String name,
      String host,
      int port,
      String key,
      int maxBytes,
      List<? extends BindableService> services) {
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(new InetSocketAddress(host, port))
            .executor(Executors.newVirtualThreadPerTaskExecutor())
            .maxInboundMessageSize(maxBytes)
            .maxInboundMetadataSize(16 * 1024)
            .maxConcurrentCallsPerConnection(256)
            .permitKeepAliveTime(10, TimeUnit.SECONDS)
            .permitKeepAliveWithoutCalls(true)
            .intercept(GrpcPort::tenantOfCall)
            .addService(new HealthStatusManager().getHealthService())
            .addService(ProtoReflectionServiceV1.newInstance());
    services.forEach(builder::addService);
    try {
      Server server = builder.build().start();
      LOG.infof("%s listens on %s:%d", name, host, server.getPort());
      return new GrpcPort(server);
    } catch (IOException e) {
      throw new IllegalStateException(
          name
              + " cannot listen on "
              + host
              + ":"
              + port
              + ": "
              + (e.getCause() == null ? e : e.getCause()).getMessage()
              + "; free the port or set "
              + key,
          e);
    }
  }

  /** Ends it within three seconds; calls that last longer are broken off. */
  public void close() throws InterruptedException {
    if (!server.shutdown().awaitTermination(3, TimeUnit.SECONDS)) {
      server.shutdownNow();
    }
  }

  private static <Q, A> ServerCall.Listener<Q> tenantOfCall(
      ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
    String header = headers.get(TENANT_HEADER);
    return header == null
        ? next.startCall(call, headers)
        : Contexts.interceptCall(Context.current().withValue(TENANT, header), call, headers, next);
  }

  /** The tenant of the call that this thread serves. */
  public static Tenant tenant(Tenants tenants) {
    try {
      return tenants.of(TENANT.get());
    } catch (UnknownTenantException e) {
      throw Status.UNAUTHENTICATED.withDescription(e.getMessage()).asRuntimeException();
    }
  }

  /**
   * A refusal in gRPC's words: RESOURCE_EXHAUSTED to a sender that is too fast, with the delay
   * without which OTLP's clients do not try again; UNAVAILABLE otherwise.
   */
  static StatusRuntimeException status(RefusedException refusal) {
    com.google.rpc.Status.Builder status =
        com.google.rpc.Status.newBuilder()
            .setCode((refusal.tooMuch() ? Code.RESOURCE_EXHAUSTED : Code.UNAVAILABLE).getNumber())
            .setMessage(String.valueOf(refusal.getMessage()))
            .addDetails(Any.pack(RetryInfo.newBuilder().setRetryDelay(RETRY_DELAY).build()));
    return StatusProto.toStatusRuntimeException(status.build());
  }
}
