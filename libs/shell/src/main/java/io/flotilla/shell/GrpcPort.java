// SPDX-License-Identifier: Apache-2.0
package io.flotilla.shell;

import io.grpc.Server;
import io.grpc.health.v1.HealthCheckResponse.ServingStatus;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.function.UnaryOperator;
import org.jboss.logging.Logger;

/**
 * A gRPC server on a well-known port of its own, beside the one that Quarkus serves: with health
 * and reflection, calls on virtual threads, and a graceful end.
 */
public final class GrpcPort implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(GrpcPort.class);
  private static final int CALLS_PER_CONNECTION = 100;

  private final Duration grace;
  private final Server server;
  private final ExecutorService workers;
  private final HealthStatusManager health = new HealthStatusManager();

  /**
   * Listens at once.
   *
   * @param name for logs and errors: "ADS (plaintext)"
   * @param key the configuration key of the port, which an error names
   * @param service the full name that gRPC health answers for, beside "" for the whole
   * @param grace how long calls in flight may take once it is closed
   * @param settings adds services, limits and TLS
   * @throws IllegalStateException if the address cannot be bound
   */
  public GrpcPort(
      String name,
      String key,
      InetSocketAddress address,
      String service,
      Duration grace,
      UnaryOperator<NettyServerBuilder> settings) {
    this.grace = grace;
    workers = Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name(name, 0).factory());
    try {
      server =
          settings
              .apply(
                  NettyServerBuilder.forAddress(address)
                      .executor(workers)
                      .maxConcurrentCallsPerConnection(CALLS_PER_CONNECTION))
              .addService(health.getHealthService())
              .addService(ProtoReflectionServiceV1.newInstance())
              .build()
              .start();
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
    health.setStatus(service, ServingStatus.SERVING);
    LOG.infof("%s listens on %s:%d", name, address.getHostString(), server.getPort());
  }

  /** The port that it listens on. */
  public int port() {
    return server.getPort();
  }

  /** Whether it listens. */
  public boolean listening() {
    return !server.isShutdown();
  }

  /** Lets the calls in flight end, for as long as the grace; what is left is broken off then. */
  @Override
  public void close() {
    health.enterTerminalState();
    server.shutdown();
    try {
      if (!server.awaitTermination(grace.toMillis(), TimeUnit.MILLISECONDS)) {
        server.shutdownNow();
      }
    } catch (InterruptedException e) {
      server.shutdownNow();
      Thread.currentThread().interrupt();
    }
    workers.shutdown();
  }
}
