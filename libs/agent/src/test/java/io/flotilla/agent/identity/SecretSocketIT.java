// SPDX-License-Identifier: Apache-2.0
package io.flotilla.agent.identity;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.envoyproxy.envoy.config.core.v3.Node;
import io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryRequest;
import io.envoyproxy.envoy.service.discovery.v3.DiscoveryResponse;
import io.envoyproxy.envoy.service.secret.v3.SecretDiscoveryServiceGrpc;
import io.flotilla.ca.client.WorkloadIdentity;
import io.flotilla.identity.CertificateAuthority;
import io.flotilla.identity.CertificateSigningRequest;
import io.flotilla.identity.Pem;
import io.flotilla.identity.RotationSchedule;
import io.flotilla.identity.SpiffeId;
import io.flotilla.identity.TrustDomain;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.stub.StreamObserver;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.epoll.EpollDomainSocketChannel;
import io.netty.channel.epoll.EpollEventLoopGroup;
import io.netty.channel.unix.DomainSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Duration;
import java.util.List;
import java.util.Random;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SecretSocketIT {
  private static final SpiffeId REVIEWS =
      SpiffeId.of(TrustDomain.CLUSTER_LOCAL, "default", "reviews");

  private final CertificateAuthority authority =
      CertificateAuthority.createRoot(
          TrustDomain.CLUSTER_LOCAL, Duration.ofDays(1), Clock.systemUTC());
  private final WorkloadIdentity identity =
      new WorkloadIdentity(
          WorkloadIdentity.Request.of(REVIEWS, Duration.ofHours(1)),
          (csr, life, current) ->
              authority.sign(
                  CertificateSigningRequest.parse(csr).publicKey(), REVIEWS, List.of(), life),
          authority::roots,
          RotationSchedule.standard(new Random()),
          Clock.systemUTC());

  @TempDir Path folder;

  @Test
  void streamsTheCertificateAndEachRenewal() throws Exception {
    Path file = folder.resolve("sds").resolve("socket");
    EventLoopGroup loop = new EpollEventLoopGroup(1);
    try (WorkloadIdentity running = identity;
        SecretSocket socket = SecretSocket.open(file, running)) {
      assertThat(socket).isNotNull();
      assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
          .isEqualTo("rw-------");
      running.start();
      ManagedChannel channel =
          NettyChannelBuilder.forAddress(new DomainSocketAddress(file.toFile()))
              .channelType(EpollDomainSocketChannel.class)
              .eventLoopGroup(loop)
              .usePlaintext()
              .build();
      BlockingQueue<DiscoveryResponse> answers = subscribe(channel, "default");

      String first = chainOf(answers);
      running.renewNow();
      String second = chainOf(answers);

      assertThat(SpiffeId.of(Pem.certificates(first, "answer").getFirst())).isEqualTo(REVIEWS);
      assertThat(second).isNotEqualTo(first);
      channel.shutdownNow();
    } finally {
      loop.shutdownGracefully(0, 1, TimeUnit.SECONDS);
    }
    assertThat(file).doesNotExist();
  }

  @Test
  void saysThatAPathIsTooLong() {
    assertThatThrownBy(() -> SecretSocket.open(folder.resolve("x".repeat(120)), identity))
        .hasMessageContaining("longer than 107 bytes");
  }

  private static String chainOf(BlockingQueue<DiscoveryResponse> answers) throws Exception {
    DiscoveryResponse answer = answers.poll(20, TimeUnit.SECONDS);
    assertThat(answer).isNotNull();
    Secret secret = answer.getResources(0).unpack(Secret.class);
    assertThat(
            secret.getTlsCertificate().getPrivateKey().getInlineString()
                + secret.getTlsCertificate().getPrivateKey().getInlineBytes().toStringUtf8())
        .contains("PRIVATE KEY");
    return secret.getTlsCertificate().getCertificateChain().getInlineString()
        + secret.getTlsCertificate().getCertificateChain().getInlineBytes().toStringUtf8();
  }

  private static BlockingQueue<DiscoveryResponse> subscribe(ManagedChannel channel, String name) {
    BlockingQueue<DiscoveryResponse> answers = new LinkedBlockingQueue<>();
    StreamObserver<DiscoveryRequest>[] requests = new StreamObserver[1];
    requests[0] =
        SecretDiscoveryServiceGrpc.newStub(channel)
            .streamSecrets(
                new StreamObserver<>() {
                  @Override
                  public void onNext(DiscoveryResponse answer) {
                    requests[0].onNext(
                        DiscoveryRequest.newBuilder()
                            .setTypeUrl(answer.getTypeUrl())
                            .addResourceNames(name)
                            .setVersionInfo(answer.getVersionInfo())
                            .setResponseNonce(answer.getNonce())
                            .build());
                    answers.add(answer);
                  }

                  @Override
                  public void onError(Throwable failure) {}

                  @Override
                  public void onCompleted() {}
                });
    requests[0].onNext(
        DiscoveryRequest.newBuilder()
            .setNode(Node.newBuilder().setId("sidecar~127.0.0.1~reviews.default~default.svc"))
            .setTypeUrl("type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.Secret")
            .addResourceNames(name)
            .build());
    return answers;
  }
}
