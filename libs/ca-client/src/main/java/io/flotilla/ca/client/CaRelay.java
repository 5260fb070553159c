// SPDX-License-Identifier: Apache-2.0
package io.flotilla.ca.client;

import io.flotilla.contract.ca.IstioCertificateRequest;
import io.flotilla.contract.ca.IstioCertificateResponse;
import io.flotilla.contract.ca.IstioCertificateServiceGrpc;
import io.flotilla.identity.InvalidIdentityException;
import io.flotilla.identity.PeerCertificates;
import io.flotilla.identity.RotatingKeys;
import io.grpc.Context;
import io.grpc.Contexts;
import io.grpc.Grpc;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.ServerCall;
import io.grpc.ServerCallHandler;
import io.grpc.ServerInterceptor;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.MetadataUtils;
import io.grpc.stub.StreamObserver;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import javax.net.ssl.SSLException;
import org.jspecify.annotations.Nullable;

/**
 * Serves {@code IstioCertificateService} in front of the authority, for a server whose clients
 * expect the CA and discovery behind one address (Pilot's port 15012). A caller's token is passed
 * on as it is; a caller that shows a certificate instead is named to the authority in {@code
 * flotilla-caller-identity}, which believes it because this relay shows its own certificate. A
 * caller that shows neither is refused here: it must never be taken for the relay.
 */
public final class CaRelay implements AutoCloseable {
  private static final Metadata.Key<String> AUTHORIZATION =
      Metadata.Key.of("authorization", Metadata.ASCII_STRING_MARSHALLER);
  private static final Metadata.Key<String> RELAYED_FOR =
      Metadata.Key.of("flotilla-caller-identity", Metadata.ASCII_STRING_MARSHALLER);
  private static final Context.Key<Caller> CALLER = Context.key("flotilla-relay-caller");
  private static final Duration DEADLINE = Duration.ofSeconds(10);
  private static final int LARGEST_ANSWER = 1 << 20;

  private final String target;
  private final Supplier<Optional<HeldIdentity>> own;
  private final Clock clock;
  private @Nullable Connection connection;
  private boolean closed;

  private record Caller(@Nullable String authorization, List<X509Certificate> chain) {}

  private record Connection(HeldIdentity as, ManagedChannel channel) {}

  /**
   * @param target "host:port" of the authority
   * @param own the relay's own identity: {@link WorkloadIdentity#held}
   */
  public CaRelay(String target, Supplier<Optional<HeldIdentity>> own, Clock clock) {
    this.target = target;
    this.own = own;
    this.clock = clock;
  }

  /** The service, to be added to a gRPC server that speaks TLS. */
  public ServerServiceDefinition service() {
    return ServerInterceptors.intercept(new Service(), new CallerInterceptor());
  }

  @Override
  public synchronized void close() {
    closed = true;
    if (connection != null) {
      connection.channel().shutdown();
    }
  }

  private final class Service extends IstioCertificateServiceGrpc.IstioCertificateServiceImplBase {
    @Override
    public void createCertificate(
        IstioCertificateRequest request, StreamObserver<IstioCertificateResponse> answer) {
      try {
        HeldIdentity as =
            own.get()
                .orElseThrow(
                    () -> refusal(Status.UNAVAILABLE, "This relay has no identity yet: ask again"));
        IstioCertificateServiceGrpc.newStub(channel(as))
            .withInterceptors(MetadataUtils.newAttachHeadersInterceptor(proof(CALLER.get(), as)))
            .withDeadlineAfter(DEADLINE.toMillis(), TimeUnit.MILLISECONDS)
            .createCertificate(request, answer);
      } catch (StatusRuntimeException e) {
        answer.onError(e);
      }
    }
  }

  private Metadata proof(Caller caller, HeldIdentity as) {
    Metadata metadata = new Metadata();
    if (caller.authorization() != null) {
      metadata.put(AUTHORIZATION, caller.authorization());
    } else if (!caller.chain().isEmpty()) {
      try {
        metadata.put(RELAYED_FOR, as.trust().verify(caller.chain(), clock.instant()).uri());
      } catch (InvalidIdentityException e) {
        throw refusal(Status.UNAUTHENTICATED, String.valueOf(e.getMessage()));
      }
    } else {
      throw refusal(
          Status.UNAUTHENTICATED,
          "The caller shows neither a token nor a certificate: send 'authorization: Bearer"
              + " <token>'");
    }
    return metadata;
  }

  /** A connection that shows {@code as}: another identity needs another connection. */
  private synchronized ManagedChannel channel(HeldIdentity as) {
    if (closed) {
      throw refusal(Status.UNAVAILABLE, "This relay is stopping: ask again elsewhere");
    }
    Connection current = connection;
    if (current != null && current.as() == as) {
      return current.channel();
    }
    try {
      ManagedChannel channel =
          NettyChannelBuilder.forTarget(target)
              .maxInboundMessageSize(LARGEST_ANSWER)
              .sslContext(
                  GrpcSslContexts.configure(
                          SslContextBuilder.forClient()
                              .trustManager(as.trust().roots().toArray(new X509Certificate[0]))
                              .keyManager(new RotatingKeys(as::svid)),
                          SslProvider.JDK)
                      .build())
              .build();
      connection = new Connection(as, channel);
      if (current != null) {
        current.channel().shutdown();
      }
      return channel;
    } catch (SSLException e) {
      throw refusal(
          Status.UNAVAILABLE,
          "TLS to the CA at " + target + " cannot be set up: " + e.getMessage());
    }
  }

  private static StatusRuntimeException refusal(Status status, String sentence) {
    return status.withDescription(sentence).asRuntimeException();
  }

  private static final class CallerInterceptor implements ServerInterceptor {
    @Override
    public <Q, A> ServerCall.Listener<Q> interceptCall(
        ServerCall<Q, A> call, Metadata headers, ServerCallHandler<Q, A> next) {
      Caller caller =
          new Caller(
              headers.get(AUTHORIZATION),
              PeerCertificates.of(call.getAttributes().get(Grpc.TRANSPORT_ATTR_SSL_SESSION)));
      return Contexts.interceptCall(
          Context.current().withValue(CALLER, caller), call, headers, next);
    }
  }
}
