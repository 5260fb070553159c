// SPDX-License-Identifier: Apache-2.0
package io.flotilla.agent;

import io.flotilla.ca.client.HeldIdentity;
import io.flotilla.ca.client.WorkloadIdentity;
import io.flotilla.identity.RotatingKeys;
import io.grpc.ManagedChannel;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.net.InetAddress;
import java.security.cert.X509Certificate;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import javax.net.ssl.SSLException;

/** Connections to Pilot, by the identity that is held when one is made. */
final class ControlPlaneChannel implements Supplier<ManagedChannel> {
  /** The name that every control plane's certificate carries, whatever its address. */
  static final String SERVER_NAME = "istiod.istio-system.svc";

  private static final int LARGEST_MESSAGE = 64 << 20;
  private static final int KEEPALIVE_SECONDS = 30;

  private final AgentConfig.ControlPlane controlPlane;
  private final WorkloadIdentity identity;

  ControlPlaneChannel(AgentConfig.ControlPlane controlPlane, WorkloadIdentity identity) {
    this.controlPlane = controlPlane;
    this.identity = identity;
  }

  /** The name to expect of a server at {@code address}; empty: its host. */
  static Optional<String> serverName(String address) {
    String host = address.substring(0, address.lastIndexOf(':'));
    try {
      InetAddress.ofLiteral(host);
      return Optional.of(SERVER_NAME);
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  /**
   * A new connection.
   *
   * @throws IllegalStateException while no certificate is held
   */
  @Override
  public ManagedChannel get() {
    NettyChannelBuilder builder =
        NettyChannelBuilder.forTarget(controlPlane.xdsAddress())
            .maxInboundMessageSize(LARGEST_MESSAGE)
            .keepAliveTime(KEEPALIVE_SECONDS, TimeUnit.SECONDS)
            .proxyDetector(address -> null)
            .directExecutor();
    if (!controlPlane.xdsTls()) {
      return builder.usePlaintext().build();
    }
    HeldIdentity held =
        identity.held().orElseThrow(() -> new IllegalStateException("there is no certificate yet"));
    serverName(controlPlane.xdsAddress()).ifPresent(builder::overrideAuthority);
    try {
      return builder
          .sslContext(
              GrpcSslContexts.configure(
                      SslContextBuilder.forClient()
                          .trustManager(held.trust().roots().toArray(new X509Certificate[0]))
                          .keyManager(new RotatingKeys(held::svid)),
                      SslProvider.JDK)
                  .build())
          .build();
    } catch (SSLException e) {
      throw new IllegalStateException("TLS to Pilot cannot be set up: " + e.getMessage(), e);
    }
  }
}
