// SPDX-License-Identifier: Apache-2.0
package io.flotilla.galley.publish;

import io.flotilla.galley.GalleyConfig;
import io.flotilla.shell.GrpcPort;
import io.flotilla.xds.server.RawAdsServer;
import io.flotilla.xds.server.ResourceSource;
import io.flotilla.xds.server.StreamListener;
import io.grpc.netty.NettyServerBuilder;
import io.netty.handler.ssl.SslContext;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.UnknownHostException;
import java.time.Duration;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** The MCP port: ADS with Galley's resources. */
public final class McpServer {
  private static final int LARGEST_REQUEST = 4 << 20;
  private static final int KEEP_ALIVE_SECONDS = 30;

  private McpServer() {}

  /**
   * Listens at once.
   *
   * @param tls of the port; empty: plaintext, which is allowed on loopback only
   */
  public static GrpcPort open(
      GalleyConfig.Mcp config,
      Optional<SslContext> tls,
      ResourceSource source,
      StreamListener listener) {
    if (tls.isEmpty()) {
      requireLoopback(config);
    }
    return new GrpcPort(
        "MCP",
        "flotilla.galley.mcp.port",
        new InetSocketAddress(config.host(), config.port()),
        "envoy.service.discovery.v3.AggregatedDiscoveryService",
        // All that it serves are streams, which never end by themselves.
        Duration.ZERO,
        builder -> {
          NettyServerBuilder served =
              builder
                  .maxInboundMessageSize(LARGEST_REQUEST)
                  .keepAliveTime(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS)
                  .permitKeepAliveTime(KEEP_ALIVE_SECONDS / 3, TimeUnit.SECONDS)
                  .permitKeepAliveWithoutCalls(true)
                  .addService(new RawAdsServer(source, listener));
          return tls.map(served::sslContext).orElse(served);
        });
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
}
