// SPDX-License-Identifier: Apache-2.0
package io.flotilla.galley.publish;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.api.Kinds;
import io.flotilla.ca.client.CertificateSource;
import io.flotilla.galley.GalleyConfig;
import io.flotilla.galley.store.Configuration;
import io.flotilla.identity.CertificateAuthority;
import io.flotilla.identity.CertificateSigningRequest;
import io.flotilla.identity.MeshTrust;
import io.flotilla.identity.RotatingKeys;
import io.flotilla.identity.SpiffeId;
import io.flotilla.identity.Svid;
import io.flotilla.identity.TrustDomain;
import io.flotilla.shell.GrpcPort;
import io.flotilla.xds.client.RawAdsClient;
import io.flotilla.xds.server.StreamListener;
import io.grpc.ManagedChannel;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import io.grpc.health.v1.HealthCheckRequest;
import io.grpc.health.v1.HealthGrpc;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyChannelBuilder;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.quarkus.runtime.configuration.DurationConverter;
import io.smallrye.config.PropertiesConfigSource;
import io.smallrye.config.SmallRyeConfigBuilder;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import javax.net.ssl.SSLException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** The MCP port by mutual TLS: Pilot may read the configuration, other workloads may not. */
class McpTlsIT {
  private static final String TYPE = Kinds.VIRTUAL_SERVICE.typeUrl();

  private final CertificateAuthority authority =
      CertificateAuthority.createRoot(
          TrustDomain.CLUSTER_LOCAL, Duration.ofDays(1), Clock.systemUTC());
  private final McpSource source = new McpSource();
  private McpIdentity identity;
  private GrpcPort server;

  @BeforeEach
  void serve() throws Exception {
    GalleyConfig config =
        config(Map.of("flotilla.galley.mcp.host", "0.0.0.0", "flotilla.galley.mcp.port", "0"));
    CertificateSource signer =
        (csr, life, current) -> {
          CertificateSigningRequest request = CertificateSigningRequest.parse(csr);
          return authority.sign(
              request.publicKey(), request.spiffeId().orElseThrow(), request.hosts(), life);
        };
    identity = new McpIdentity(config.identity(), signer, authority::roots, Clock.systemUTC());
    CountDownLatch held = new CountDownLatch(1);
    identity.start(held::countDown);
    assertThat(held.await(10, TimeUnit.SECONDS)).isTrue();
    source.publish(new McpResources().of(Configuration.empty(7)));
    server =
        McpServer.open(
            config.mcp(), Optional.of(identity.serverTls()), source, new StreamListener() {});
  }

  @AfterEach
  void stop() {
    server.close();
    identity.close();
  }

  @Test
  void servesPilot() throws Exception {
    Attempt attempt = new Attempt();
    try (RawAdsClient client = client("pilot", attempt)) {
      client.start();
      client.subscribeAll(List.of(TYPE));

      assertThat(attempt.answered.get(10, TimeUnit.SECONDS)).isEqualTo(7);
    }
  }

  @Test
  void refusesAnotherWorkload() throws Exception {
    assertThat(health("pilot")).isEqualTo(Status.Code.OK);
    assertThat(health("reviews")).isEqualTo(Status.Code.UNAVAILABLE);
  }

  @Test
  void refusesToServeInPlaintextBeyondLoopback() {
    GalleyConfig.Mcp open = config(Map.of("flotilla.galley.mcp.host", "0.0.0.0")).mcp();

    assertThatThrownBy(
            () -> McpServer.open(open, Optional.empty(), source, new StreamListener() {}))
        .hasMessage(
            "flotilla.galley.mcp.host is 0.0.0.0, beyond loopback, but MCP would be plaintext"
                + " there: set flotilla.galley.mcp.tls.enabled=true");
  }

  private static GalleyConfig config(Map<String, String> values) {
    return new SmallRyeConfigBuilder()
        .withConverter(Duration.class, 300, new DurationConverter())
        .withMapping(GalleyConfig.class)
        .withSources(new PropertiesConfigSource(values, "test", 100))
        .build()
        .getConfigMapping(GalleyConfig.class);
  }

  private RawAdsClient client(String account, Attempt attempt) {
    Svid svid = svid(account);
    return new RawAdsClient(() -> channel(svid), "pilot~test", Map.of(), attempt);
  }

  private Svid svid(String account) {
    return authority.issue(
        SpiffeId.of(TrustDomain.CLUSTER_LOCAL, "istio-system", account),
        List.of(),
        Duration.ofHours(1));
  }

  private Status.Code health(String account) throws InterruptedException {
    ManagedChannel channel = channel(svid(account));
    try {
      HealthGrpc.newBlockingStub(channel)
          .withDeadlineAfter(10, TimeUnit.SECONDS)
          .check(HealthCheckRequest.getDefaultInstance());
      return Status.Code.OK;
    } catch (StatusRuntimeException e) {
      return e.getStatus().getCode();
    } finally {
      channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
    }
  }

  private ManagedChannel channel(Svid svid) {
    SpiffeId galley = SpiffeId.of(TrustDomain.CLUSTER_LOCAL, "istio-system", "galley");
    try {
      return NettyChannelBuilder.forAddress("127.0.0.1", server.port())
          .sslContext(
              GrpcSslContexts.configure(SslContextBuilder.forClient(), SslProvider.JDK)
                  .keyManager(new RotatingKeys(() -> svid))
                  .trustManager(new MeshTrust(authority::roots, galley::equals, Clock.systemUTC()))
                  .build())
          .build();
    } catch (SSLException e) {
      throw new IllegalStateException(e);
    }
  }

  private static final class Attempt implements RawAdsClient.Handler {
    final CompletableFuture<Long> answered = new CompletableFuture<>();

    @Override
    public Map<String, String> received(
        String typeUrl,
        Map<String, RawAdsClient.Received> changed,
        List<String> removed,
        long revision) {
      answered.complete(revision);
      return Map.of();
    }
  }
}
