// SPDX-License-Identifier: Apache-2.0
package io.flotilla.citadel.publish;

import io.flotilla.identity.MeshTrust;
import io.flotilla.identity.RotatingKeys;
import io.flotilla.identity.Svid;
import io.flotilla.identity.TrustBundle;
import io.flotilla.shell.GrpcPort;
import io.grpc.BindableService;
import io.grpc.ServerInterceptors;
import io.grpc.netty.GrpcSslContexts;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.time.Duration;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import javax.net.ssl.SSLException;

/**
 * The CA port: TLS with a client certificate that may be shown but need not, since a workload has
 * none at first.
 */
public final class CertificateServer {
  private static final int LARGEST_REQUEST = 128 * 1024;
  private static final int LARGEST_HEADERS = 32 * 1024;
  private static final int CONNECTION_MINUTES = 30;
  private static final int IDLE_MINUTES = 5;
  private static final int HANDSHAKE_SECONDS = 10;
  private static final Duration GRACE = Duration.ofSeconds(5);

  private CertificateServer() {}

  /** Listens at once. */
  public static GrpcPort open(
      InetSocketAddress address,
      BindableService service,
      Supplier<Svid> own,
      Supplier<TrustBundle> trust,
      Clock clock) {
    SslContext tls = tls(own, trust, clock);
    return new GrpcPort(
        "the Istio CA service",
        "flotilla.citadel.ca.port",
        address,
        "istio.v1.auth.IstioCertificateService",
        GRACE,
        builder ->
            builder
                .sslContext(tls)
                .maxInboundMessageSize(LARGEST_REQUEST)
                .maxInboundMetadataSize(LARGEST_HEADERS)
                .maxConnectionAge(CONNECTION_MINUTES, TimeUnit.MINUTES)
                .maxConnectionIdle(IDLE_MINUTES, TimeUnit.MINUTES)
                .handshakeTimeout(HANDSHAKE_SECONDS, TimeUnit.SECONDS)
                .addService(ServerInterceptors.intercept(service, new CallerInterceptor())));
  }

  private static SslContext tls(Supplier<Svid> own, Supplier<TrustBundle> trust, Clock clock) {
    try {
      return GrpcSslContexts.configure(
              SslContextBuilder.forServer(new RotatingKeys(own)), SslProvider.JDK)
          .trustManager(new MeshTrust(trust, any -> true, clock))
          .clientAuth(ClientAuth.OPTIONAL)
          .build();
    } catch (SSLException e) {
      throw new IllegalStateException("this JDK cannot serve TLS: " + e.getMessage(), e);
    }
  }
}
