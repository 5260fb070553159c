// SPDX-License-Identifier: Apache-2.0
package io.flotilla.pilot.serve;

import io.flotilla.shell.GrpcPort;
import io.grpc.BindableService;
import io.grpc.ServerServiceDefinition;
import io.grpc.netty.NettyServerBuilder;
import io.netty.handler.ssl.SslContext;
import java.net.InetSocketAddress;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;

/** The ADS ports. */
public final class DiscoveryServer {
  private static final int LARGEST_REQUEST = 4 << 20;
  private static final int KEEP_ALIVE_SECONDS = 30;
  private static final Duration GRACE = Duration.ofSeconds(2);

  private DiscoveryServer() {}

  /**
   * Listens at once.
   *
   * @param name for logs and errors, "ADS (plaintext)"
   * @param key the configuration key of the port, for errors
   * @param tls empty: plaintext
   */
  public static GrpcPort open(
      String name,
      String key,
      InetSocketAddress address,
      Optional<SslContext> tls,
      List<BindableService> services,
      List<ServerServiceDefinition> definitions) {
    return new GrpcPort(
        name,
        key,
        address,
        "envoy.service.discovery.v3.AggregatedDiscoveryService",
        GRACE,
        builder -> {
          NettyServerBuilder served =
              builder
                  .maxInboundMessageSize(LARGEST_REQUEST)
                  .keepAliveTime(KEEP_ALIVE_SECONDS, TimeUnit.SECONDS)
                  .permitKeepAliveTime(KEEP_ALIVE_SECONDS / 3, TimeUnit.SECONDS)
                  .permitKeepAliveWithoutCalls(true);
          services.forEach(served::addService);
          definitions.forEach(served::addService);
          return tls.map(served::sslContext).orElse(served);
        });
  }
}
