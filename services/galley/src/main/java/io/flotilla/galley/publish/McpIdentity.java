// SPDX-License-Identifier: Apache-2.0
package io.flotilla.galley.publish;

import io.flotilla.ca.client.CaClient;
import io.flotilla.ca.client.CertificateSource;
import io.flotilla.ca.client.HeldIdentity;
import io.flotilla.ca.client.WorkloadIdentity;
import io.flotilla.galley.GalleyConfig;
import io.flotilla.identity.InvalidIdentityException;
import io.flotilla.identity.MeshTrust;
import io.flotilla.identity.RotatingKeys;
import io.flotilla.identity.RotationSchedule;
import io.flotilla.identity.SpiffeId;
import io.flotilla.identity.TrustBundle;
import io.flotilla.identity.TrustDomain;
import io.grpc.netty.GrpcSslContexts;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import java.util.random.RandomGenerator;
import java.util.stream.Collectors;
import javax.net.ssl.SSLException;

/**
 * Galley's own certificate, kept valid by Citadel, and the TLS of the MCP port: a client must show
 * a certificate of one of the accounts that may read the configuration.
 */
public final class McpIdentity implements AutoCloseable {
  private final WorkloadIdentity identity;
  private final Set<SpiffeId> clients;
  private final Clock clock;

  /**
   * @param source signs Galley's requests
   * @param roots what is trusted beside the roots that the source answers with
   */
  public McpIdentity(
      GalleyConfig.Identity config,
      CertificateSource source,
      Supplier<TrustBundle> roots,
      Clock clock) {
    TrustDomain domain = new TrustDomain(config.trustDomain());
    this.clock = clock;
    this.clients =
        config.clients().stream()
            .map(account -> SpiffeId.of(domain, config.namespace(), account))
            .collect(Collectors.toUnmodifiableSet());
    this.identity =
        new WorkloadIdentity(
            new WorkloadIdentity.Request(
                SpiffeId.of(domain, config.namespace(), config.serviceAccount()),
                config.serverNames(),
                config.ttl()),
            source,
            roots,
            RotationSchedule.standard(RandomGenerator.getDefault()),
            clock);
  }

  /** With certificates of the Citadel that is configured. */
  public static McpIdentity of(GalleyConfig.Identity config) {
    Path rootFile =
        config
            .rootFile()
            .orElseThrow(
                () ->
                    new IllegalStateException(
                        "flotilla.galley.mcp.tls.enabled needs"
                            + " flotilla.galley.identity.root-file: the roots to verify Citadel"
                            + " by"));
    Supplier<TrustBundle> roots = () -> TrustBundle.parse(read(rootFile), rootFile.toString());
    CaClient citadel =
        new CaClient(
            config.citadel(),
            roots,
            () -> config.tokenFile().map(file -> read(file).strip()).orElse(""),
            Optional.empty());
    return new McpIdentity(config, citadel, roots, Clock.systemUTC());
  }

  /** Asks for the certificate; {@code held} runs with each one, the first too. */
  public void start(Runnable held) {
    identity.listen(any -> held.run());
    identity.start();
  }

  /** TLS of a server; it always shows the newest certificate. */
  public SslContext serverTls() {
    try {
      return GrpcSslContexts.configure(
              SslContextBuilder.forServer(new RotatingKeys(() -> held().svid())), SslProvider.JDK)
          .trustManager(new MeshTrust(() -> held().trust(), clients::contains, clock))
          .clientAuth(ClientAuth.REQUIRE)
          .build();
    } catch (SSLException e) {
      throw new IllegalStateException("TLS of the MCP port cannot be set up", e);
    }
  }

  private HeldIdentity held() {
    return identity
        .held()
        .orElseThrow(() -> new InvalidIdentityException("Galley holds no valid certificate now"));
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new UncheckedIOException(file + " cannot be read", e);
    }
  }

  @Override
  public void close() {
    identity.close();
  }
}
