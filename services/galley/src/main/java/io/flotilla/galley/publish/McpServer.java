// SPDX-License-Identifier: Apache-2.0
package io.flotilla.galley.publish;

import io.flotilla.galley.GalleyConfig;
import io.flotilla.xds.server.RawAdsServer;
import io.flotilla.xds.server.ResourceSource;
import io.flotilla.xds.server.StreamListener;
import io.grpc.Server;
import io.grpc.netty.NettyServerBuilder;
import io.grpc.protobuf.services.HealthStatusManager;
import io.grpc.protobuf.services.ProtoReflectionServiceV1;
import io.netty.handler.ssl.SslContext;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.util.Optional;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;

/** The gRPC-Netty server of the MCP port: ADS, health, reflection. */
public final class McpServer implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(McpServer.class);
  private static final int LARGEST_REQUEST = 4 << 20;
  private static final int STREAMS_PER_CONNECTION = 100;
  private static final int KEEP_ALIVE_SECONDS = 30;
  private static final int GRACE_SECONDS = 2;

  private final Server server;
  private final ExecutorService workers;
  private final HealthStatusManager health = new HealthStatusManager();

  /**
   * @param tls of the port; empty: plaintext, which is allowed on loopback only
   */
  public McpServer(
      GalleyConfig.Mcp config,
      Optional<SslContext> tls,
      ResourceSource source,
      StreamListener listener) {
    if (tls.isEmpty()) {
      requireLoopback(config);
    }
    workers = Executors.newThreadPerTaskExecutor(Thread.ofVirtual().name("mcp-", 0).factory());
    NettyServerBuilder builder =
        NettyServerBuilder.forAddress(new InetSocketAddress(config.host(), config.port()))
            .executor(workers)
            .maxInboundMessageSize(LARGEST_REQUEST)
            .maxConcurrentCallsPerConnection(STREAMS_PER_CONNECTION)
            .keepAliveTime(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS)
            .permitKeepAliveTime(KEEP_ALIVE_SECONDS / 3, TimeUnit.SECONDS)
            .permitKeepAliveWithoutCalls(true)
            .addService(new RawAdsServer(source, listener))
            .addService(health.getHealthService())
            .addService(ProtoReflectionServiceV1.newInstance());
    tls.ifPresent(builder::sslContext);
    try {
      server = builder.build().start();
    } catch (IOException e) {
      workers.shutdown();
      throw new IllegalStateException(
          "Galley cannot listen on "
              + config.host()
              + ":"
              + config.port()
              + ": "
              + (e.getCause() == null ? e : e.getCause()).getMessage()
              + "; free the port or set flotilla.galley.mcp.port",
          e);
    }
    LOG.infof("MCP is served on %s:%d", config.host(), server.getPort());
  }

  private static void requireLoopback(GalleyConfig.Mcp config) {
    if (config.tls().plaintextAnywhere()) {
      return;
    }
    try {
      if (InetAddress.getByName(config.host()).isLoopbackAddress()) {
        return;
      }
    } catch (UnknownHostException e) {
      throw new IllegalStateException(
          "flotilla.galley.mcp.host is '" + config.host() + "', which is not an address here", e);
    }
    throw new IllegalStateException(
        "flotilla.galley.mcp.host is "
            + config.host()
            + ", beyond loopback, but MCP would be plaintext there: set"
            + " flotilla.galley.mcp.tls.enabled=true");
  }

  /** The port that it listens on. */
  public int port() {
    return server.getPort();
  }

  /** Whether it listens. */
  public boolean listening() {
    return !server.isShutdown();
  }

  /** Ends the streams; their clients keep what they have and connect again. */
  @Override
  public void close() {
    health.enterTerminalState();
    server.shutdownNow();
    try {
      server.awaitTermination(GRACE_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    workers.shutdown();
  }
}
