// SPDX-License-Identifier: Apache-2.0
package io.flotilla.citadel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;

import io.flotilla.ca.client.CaClient;
import io.flotilla.ca.client.CaRelay;
import io.flotilla.ca.client.HeldIdentity;
import io.flotilla.ca.client.WorkloadIdentity;
import io.flotilla.citadel.publish.IssuedLog;
import io.flotilla.identity.CertificateAuthority;
import io.flotilla.identity.MeshTrust;
import io.flotilla.identity.RotatingKeys;
import io.flotilla.identity.RotationSchedule;
import io.flotilla.identity.SpiffeId;
import io.flotilla.identity.TrustBundle;
import io.flotilla.identity.TrustDomain;
import io.grpc.Server;
import io.grpc.netty.GrpcSslContexts;
import io.grpc.netty.NettyServerBuilder;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Random;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** A workload's whole way to its identity, against a running Citadel, directly and by a relay. */
@QuarkusTest
class WorkloadIdentityTest {
  private static final Clock CLOCK = Clock.systemUTC();

  @Inject Citadel citadel;

  private Path folder;

  @BeforeEach
  void writeTheRoot() throws Exception {
    TestTokens.writeKeySet();
    folder = Files.createTempDirectory(Path.of("target", "citadel-test"), "workload");
    Files.writeString(rootFile(), citadel.current().orElseThrow().roots().pem());
  }

  @Test
  void getsByTokenAndRenewsByCertificate() throws Exception {
    SpiffeId id = id("default", "orders");
    Path token = token("default", "orders");
    List<HeldIdentity> seen = new CopyOnWriteArrayList<>();
    try (WorkloadIdentity identity = identity(id, List.of(), citadelTarget(), token)) {
      identity.listen(seen::add);
      identity.start();
      assertThat(identity.await(Duration.ofSeconds(20))).isTrue();

      Files.delete(token);
      identity.renewNow();

      await().atMost(Duration.ofSeconds(20)).until(() -> seen.size() >= 2);
      assertThat(identity.state().lastError()).isEmpty();
      assertThat(seen.get(1).svid().key().publicKey())
          .isNotEqualTo(seen.get(0).svid().key().publicKey());
      assertThat(proofs(id)).containsExactly("CERTIFICATE", "TOKEN");
    }
  }

  @Test
  void waitsForItsToken() throws Exception {
    Path token = folder.resolve("late");
    try (WorkloadIdentity identity =
        identity(id("default", "late"), List.of(), citadelTarget(), token)) {
      identity.start();
      await()
          .atMost(Duration.ofSeconds(20))
          .untilAsserted(
              () ->
                  assertThat(identity.state().lastError().orElse(""))
                      .contains("token file", "cannot be read"));

      Files.writeString(token, TestTokens.token("default", "late"));

      assertThat(identity.await(Duration.ofSeconds(20))).isTrue();
    }
  }

  @Test
  void saysWhyItIsRefused() throws Exception {
    try (WorkloadIdentity identity =
        identity(id("default", "other"), List.of(), citadelTarget(), token("default", "someone"))) {
      identity.start();

      await()
          .atMost(Duration.ofSeconds(20))
          .untilAsserted(
              () ->
                  assertThat(identity.state().lastError().orElse(""))
                      .contains("sa/someone may not have a certificate of", "sa/other"));
    }
  }

  @Test
  void saysThatItDoesNotTrustTheAuthority() throws Exception {
    Files.writeString(
        rootFile(),
        CertificateAuthority.createRoot(TrustDomain.CLUSTER_LOCAL, Duration.ofDays(1), CLOCK)
            .roots()
            .pem());
    try (WorkloadIdentity identity =
        identity(id("default", "wary"), List.of(), citadelTarget(), token("default", "wary"))) {
      identity.start();

      await()
          .atMost(Duration.ofSeconds(20))
          .untilAsserted(
              () ->
                  assertThat(identity.state().lastError().orElse(""))
                      .contains(
                          "trusted roots do not vouch for", "give this workload the mesh's root"));
    }
  }

  @Test
  void getsAndRenewsThroughARelay() throws Exception {
    SpiffeId pilotId = id("istio-system", "pilot");
    SpiffeId id = id("default", "behind");
    Path token = token("default", "behind");
    try (WorkloadIdentity pilot =
            identity(
                pilotId,
                List.of("localhost", "127.0.0.1"),
                citadelTarget(),
                token("istio-system", "pilot"));
        CaRelay relay = new CaRelay(citadelTarget(), pilot::held, CLOCK)) {
      pilot.start();
      assertThat(pilot.await(Duration.ofSeconds(20))).isTrue();
      Server server = serve(relay, pilot);
      List<HeldIdentity> seen = new CopyOnWriteArrayList<>();
      try (WorkloadIdentity identity =
          identity(id, List.of(), "127.0.0.1:" + server.getPort(), token)) {
        identity.listen(seen::add);
        identity.start();
        assertThat(identity.await(Duration.ofSeconds(20))).isTrue();
        Files.delete(token);
        identity.renewNow();
        await().atMost(Duration.ofSeconds(20)).until(() -> seen.size() >= 2);

        assertThat(proofs(id)).containsExactly("RELAY", "TOKEN");
      } finally {
        server.shutdownNow();
      }
    }
  }

  private static Server serve(CaRelay relay, WorkloadIdentity as) throws Exception {
    return NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0))
        .sslContext(
            GrpcSslContexts.configure(
                    SslContextBuilder.forServer(
                        new RotatingKeys(() -> as.held().orElseThrow().svid())),
                    SslProvider.JDK)
                .trustManager(
                    new MeshTrust(() -> as.held().orElseThrow().trust(), any -> true, CLOCK))
                .clientAuth(ClientAuth.OPTIONAL)
                .build())
        .addService(relay.service())
        .build()
        .start();
  }

  private WorkloadIdentity identity(
      SpiffeId id, List<String> hosts, String target, Path tokenFile) {
    return new WorkloadIdentity(
        new WorkloadIdentity.Request(id, hosts, Duration.ofHours(1)),
        CaClient.ofFiles(target, rootFile(), tokenFile),
        () -> TrustBundle.parse(citadel.current().orElseThrow().roots().pem(), "roots"),
        RotationSchedule.standard(new Random()),
        CLOCK);
  }

  private List<String> proofs(SpiffeId id) {
    return citadel.issued().newest(Optional.of(id), 10).stream()
        .map(IssuedLog.Issue::proof)
        .map(Enum::name)
        .toList();
  }

  private String citadelTarget() {
    return "127.0.0.1:" + citadel.port().orElseThrow();
  }

  private Path rootFile() {
    return folder.resolve("root-cert.pem");
  }

  private Path token(String namespace, String account) throws Exception {
    return Files.writeString(
        folder.resolve(namespace + "-" + account), TestTokens.token(namespace, account));
  }

  private static SpiffeId id(String namespace, String account) {
    return SpiffeId.of(TrustDomain.CLUSTER_LOCAL, namespace, account);
  }
}
