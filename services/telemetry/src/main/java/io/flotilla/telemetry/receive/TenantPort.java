// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.receive;

import com.google.protobuf.Any;
import com.google.rpc.Code;
import com.google.rpc.RetryInfo;
import io.flotilla.shell.GrpcPort;
import io.flotilla.telemetry.distribute.RefusedException;
import io.flotilla.telemetry.tenant.Tenant;
import io.flotilla.telemetry.tenant.Tenants;
import io.flotilla.telemetry.tenant.UnknownTenantException;
import io.grpc.BindableService;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.protobuf.StatusProto;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * The gRPC ports of telemetry: their calls see the header that names their tenant, and refusals are
 * in gRPC's words.
 */
public final class TenantPort {
  private static final int LARGEST_HEADERS = 16 * 1024;
  private static final int CALLS_PER_CONNECTION = 256;
  private static final int KEEP_ALIVE_SECONDS = 10;
  private static final java.time.Duration GRACE = java.time.Duration.ofSeconds(3);
  private static final Context.Key<String> TENANT = Context.key("tenant");
  private static final Metadata.Key<String> TENANT_HEADER =
      Metadata.Key.of(Tenant.HEADER, Metadata.ASCII_STRING_MARSHALLER);
  private static final com.google.protobuf.Duration RETRY_DELAY =
      com.google.protobuf.Duration.newBuilder().setSeconds(1).build();

  private TenantPort() {}

  /**
   * Listens at once.
   *
   * @param name for logs and errors, "OTLP over gRPC"
   * @param key of the configuration that moves it
   * @param services the first is the one that gRPC health names
   * @throws IllegalStateException naming the port, if it cannot be bound
   */
  public static GrpcPort open(
      String name,
      String host,
      int port,
      String key,
      int maxBytes,
      List<? extends BindableService> services) {
    return new GrpcPort(
        name,
        key,
        new InetSocketAddress(host, port),
        services.getFirst().bindService().getServiceDescriptor().getName(),
        GRACE,
        builder -> {
          services.forEach(builder::addService);
          return builder
              .maxInboundMessageSize(maxBytes)
              .maxInboundMetadataSize(LARGEST_HEADERS)
              .maxConcurrentCallsPerConnection(CALLS_PER_CONNECTION)
              .permitKeepAliveTime(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS)
              .permitKeepAliveWithoutCalls(true)
              .intercept(TenantPort::tenantOfCall);
        });
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
