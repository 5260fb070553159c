// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.server;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.model.endpoint.Locality;
import io.flotilla.model.node.ProxyNode;
import io.flotilla.model.snapshot.ProxySnapshot;
import io.flotilla.xds.client.ProxyDiscovery;
import io.grpc.ChannelCredentials;
import io.grpc.InsecureChannelCredentials;
import io.grpc.InsecureServerCredentials;
import io.grpc.Server;
import io.grpc.ServerCredentials;
import io.grpc.TlsChannelCredentials;
import io.grpc.TlsServerCredentials;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PeerIdentityIT {
  private final Proxies pilot = new Proxies();

  @Test
  void knowsThePeerByTheSpiffeIdOfItsCertificate(@TempDir Path folder) throws Exception {
    Pem pem = Pem.selfSigned(folder, "spiffe://cluster.local/ns/default/sa/reviews");
    ServerCredentials server =
        TlsServerCredentials.newBuilder()
            .keyManager(in(pem.certificate()), in(pem.key()))
            .trustManager(in(pem.certificate()))
            .clientAuth(TlsServerCredentials.ClientAuth.REQUIRE)
            .build();
    ChannelCredentials client =
        TlsChannelCredentials.newBuilder()
            .keyManager(in(pem.certificate()), in(pem.key()))
            .trustManager(in(pem.certificate()))
            .build();

    connect(server, client);

    assertThat(pilot.proxies().getFirst().spiffeId())
        .contains("spiffe://cluster.local/ns/default/sa/reviews");
  }

  @Test
  void knowsNoIdentityOnAPlaintextPort() throws Exception {
    connect(InsecureServerCredentials.create(), InsecureChannelCredentials.create());

    assertThat(pilot.proxies().getFirst().spiffeId()).isEqualTo(Optional.empty());
    assertThat(pilot.proxies().getFirst().delta()).isTrue();
  }

  private void connect(ServerCredentials serverSide, ChannelCredentials clientSide)
      throws Exception {
    pilot.publish(ProxySnapshot.EMPTY);
    Server server = serve(serverSide);
    CompletableFuture<ProxySnapshot> first = new CompletableFuture<>();
    ProxyNode node =
        ProxyNode.parse("sidecar~10.0.0.1~a.b~c", "", Locality.NONE, "", Map.of(), Set.of());
    try (ProxyDiscovery discovery =
        new ProxyDiscovery(
            () -> NettyChannelBuilder.forAddress("127.0.0.1", server.getPort(), clientSide).build(),
            node,
            null,
            first::complete)) {
      discovery.start();
      assertThat(first.get(10, TimeUnit.SECONDS)).isEqualTo(ProxySnapshot.EMPTY);
    } finally {
      server.shutdownNow();
    }
  }

  private Server serve(ServerCredentials credentials) throws IOException {
    return NettyServerBuilder.forAddress(new InetSocketAddress("127.0.0.1", 0), credentials)
        .addService(new XdsServer(pilot, pilot))
        .build()
        .start();
  }

  private static InputStream in(String pem) {
    return new ByteArrayInputStream(pem.getBytes(StandardCharsets.UTF_8));
  }
}
