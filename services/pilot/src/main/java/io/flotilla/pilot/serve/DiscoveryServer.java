// SPDX-License-Identifier: Apache-2.0
package io.flotilla.pilot.serve;

import io.grpc.BindableService;
import io.grpc.Server;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/** A gRPC-Netty server of an ADS port. */
public final class DiscoveryServer implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(DiscoveryServer.class);
  private static final int LARGEST_REQUEST = 4 << 20;
  private static final int STREAMS_PER_CONNECTION = 100;
  private static final int KEEP_ALIVE_SECONDS = 30;
  private static final int GRACE_SECONDS = 2;

  private final Server server;
  private final ExecutorService workers;
  private final HealthStatusManager health = new HealthStatusManager();

  /**
   * Listens at once.
   *
   * @param name for logs and errors, "ADS (plaintext)"
   * @param key the configuration key of the port, for errors
   * @param tls empty: plaintext
   */
  public DiscoveryServer(
      String name,
      String key,
      InetSocketAddress address,
      Optional<SslContext> tls,
      List<BindableService> services,
      List<ServerServiceDefinition> definitions) {
    workers = Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("ads-", 0).factory());
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(address)
            .executor(workers)
            .maxInboundMessageSize(LARGEST_REQUEST)
            .maxConcurrentCallsPerConnection(STREAMS_PER_CONNECTION)
            .keepAliveTime(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS)
            .permitKeepAliveTime(KEEP_ALIVE_SECONDS / 3, TimeUnit.SECONDS)
            .permitKeepAliveWithoutCalls(true)
            .addService(health.getHealthService())
            .addService(ProtoReflectionServiceV1.newInstance());
    tls.ifPresent(builder::sslContext);
    services.forEach(builder::addService);
    definitions.forEach(builder::addService);
    try {
      server = builder.build().start();
    } catch (IOException e) {
      workers.shutdown();
      throw new IllegalStateException(
          name
              + " cannot listen on "
              + address.getHostString()
              + ":"
              + address.getPort()
              + ": "
              + (e.getCause() == null ? e : e.getCause()).getMessage()
              + "; free the port or set "
              + key,
          e);
    }
    LOG.infof("%s listens on %s:%d", name, address.getHostString(), server.getPort());
  }

  /** The port that it listens on. */
  public int port() {
    return server.getPort();
  }

  /** Ends the streams; proxies keep what they have and connect again. */
  @Override
  public void close() {
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
