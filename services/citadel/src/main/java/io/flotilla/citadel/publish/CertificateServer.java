// SPDX-License-Identifier: Apache-2.0
package io.flotilla.citadel.publish;

import io.flotilla.identity.MeshTrust;
import io.flotilla.identity.RotatingKeys;
import io.flotilla.identity.Svid;
import io.flotilla.identity.TrustBundle;
import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.ServerInterceptors;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Clock;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.jboss.logging.Logger;

/**
 * The gRPC-Netty server of the CA port: TLS with a client certificate that may be shown but need
 * not, since a workload has none at first. Beside the CA service it serves gRPC health and
 * reflection.
 */
public final class CertificateServer {
  private static final Logger LOG = Logger.getLogger(CertificateServer.class);
  private static final int LARGEST_REQUEST = 128 * 1024;
  private static final int LARGEST_HEADERS = 32 * 1024;
  private static final int CALLS_PER_CONNECTION = 100;
  private static final int CONNECTION_MINUTES = 30;
  private static final int IDLE_MINUTES = 5;
  private static final int HANDSHAKE_SECONDS = 10;
  private static final int GRACE_SECONDS = 5;

  private final Server server;
  private final ExecutorService workers;
  private final HealthStatusManager health = new HealthStatusManager();

  public CertificateServer(
      InetSocketAddress address,
      BindableService service,
      Supplier<Svid> own,
      Supplier<TrustBundle> trust,
      Clock clock) {
    workers = Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("ca-", 0).factory());
    try {
      server =
          NettyServerBuilder.forAddress(address)
              .sslContext(
                  GrpcSslContexts.configure(
                          SslContextBuilder.forServer(new RotatingKeys(own)), SslProvider.JDK)
                      .trustManager(new MeshTrust(trust, any -> true, clock))
                      .clientAuth(ClientAuth.OPTIONAL)
                      .build())
              .executor(workers)
              .maxInboundMessageSize(LARGEST_REQUEST)
              .maxInboundMetadataSize(LARGEST_HEADERS)
              .maxConcurrentCallsPerConnection(CALLS_PER_CONNECTION)
              .maxConnectionAge(CONNECTION_MINUTES, TimeUnit.MINUTES)
              .maxConnectionIdle(IDLE_MINUTES, TimeUnit.MINUTES)
              .handshakeTimeout(HANDSHAKE_SECONDS, TimeUnit.SECONDS)
              .addService(ServerInterceptors.intercept(service, new CallerInterceptor()))
              .addService(health.getHealthService())
              .addService(ProtoReflectionServiceV1.newInstance())
              .build()
              .start();
    } catch (IOException e) {
      workers.shutdown();
      throw new IllegalStateException(
          "Citadel cannot listen on "
              + address
              + ": "
              + e.getMessage()
              + "; free the port or set flotilla.citadel.ca.port",
          e);
    }
    health.setStatus("istio.v1.auth.IstioCertificateService", ServingStatus.SERVING);
    LOG.infof("the Istio CA service listens on %s:%d", address.getHostString(), server.getPort());
  }

  /** The port that it listens on. */
  public int port() {
    return server.getPort();
  }

  /** Whether it listens. */
  public boolean listening() {
    return !server.isShutdown();
  }

  /** Lets the calls in flight end, for a few seconds. */
  public void stop() {
    health.enterTerminalState();
    server.shutdown();
    try {
      if (!server.awaitTermination(GRACE_SECONDS, TimeUnit.SECONDS)) {
        server.shutdownNow();
      }
    } catch (InterruptedException e) {
      server.shutdownNow();
      Thread.currentThread().interrupt();
    }
    workers.shutdown();
  }
}
