// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.envoyproxy.envoy.config.cluster.v3.Cluster.DiscoveryType;
import io.flotilla.model.cluster.Cluster;
import io.flotilla.model.cluster.Discovery;
import io.flotilla.model.endpoint.ClusterLoadAssignment;
import io.flotilla.model.endpoint.Endpoint;
import io.flotilla.model.endpoint.Locality;
import io.flotilla.model.node.ProxyNode;
import io.flotilla.model.snapshot.ProxySnapshot;
import io.flotilla.xds.TypeUrl;
import io.flotilla.xds.codec.internal.ClusterCodec;
import io.flotilla.xds.server.Events;
import io.flotilla.xds.server.RawAdsServer;
import io.flotilla.xds.server.Resources;
import io.grpc.InsecureChannelCredentials;
import io.grpc.InsecureServerCredentials;
import io.grpc.Server;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class RefusalIT {
  private final Resources source = new Resources();
  private final Events events = new Events();
  private Server server;

  @BeforeEach
  void start() throws IOException {
    server =
        NettyServerBuilder.forAddress(
                new InetSocketAddress("127.0.0.1", 0), InsecureServerCredentials.create())
            .addService(new RawAdsServer(source, events))
            .build()
            .start();
  }

  @AfterEach
  void stop() {
    server.shutdownNow();
  }

  private io.grpc.ManagedChannel channel() {
    return NettyChannelBuilder.forAddress(
            "127.0.0.1", server.getPort(), InsecureChannelCredentials.create())
        .build();
  }

  @Test
  void refusesOneClusterByNameAndKeepsItsLastGoodVersion() throws InterruptedException {
    LinkedBlockingQueue<ProxySnapshot> snapshots = new LinkedBlockingQueue<>();
    ProxyNode node =
        ProxyNode.parse("sidecar~10.0.0.1~a.b~c", "", Locality.NONE, "", Map.of(), Set.of());
    try (ProxyDiscovery discovery = new ProxyDiscovery(this::channel, node, null, snapshots::add)) {
      source.put(TypeUrl.CLUSTER, "a", ClusterCodec.encode(cluster("a", 1)));
      source.put(TypeUrl.CLUSTER, "b", ClusterCodec.encode(cluster("b", 1)));
      source.with(TypeUrl.LISTENER).publish();
      discovery.start();
      events.awaits("acknowledged 1");

      source.put(
          TypeUrl.CLUSTER,
          "a",
          ClusterCodec.encode(cluster("a", 2)).toBuilder()
              .setType(DiscoveryType.STATIC)
              .setLbPolicyValue(77)
              .build());
      source.put(TypeUrl.CLUSTER, "b", ClusterCodec.encode(cluster("b", 2))).publish();

      events.awaits("refused a: a: cluster a balances by UNRECOGNIZED, which is not supported");
      ProxySnapshot last = null;
      do {
        last = snapshots.poll(5, TimeUnit.SECONDS);
        assertThat(last).isNotNull();
      } while (!last.clusters().get("b").equals(cluster("b", 2)));
      assertThat(last.clusters().get("a")).isEqualTo(cluster("a", 1));
      assertThat(discovery.problems()).singleElement().asString().contains("cluster a balances");
      source.put(TypeUrl.CLUSTER, "a", ClusterCodec.encode(cluster("a", 3))).publish();
      events.awaits("acknowledged 3");
      assertThat(discovery.problems()).isEmpty();
    }
  }

  @Test
  void carriesTypesThatAreNotEnvoysAndTheirRevision() throws InterruptedException {
    String type = "networking.istio.io/v1/VirtualService";
    LinkedBlockingQueue<String> received = new LinkedBlockingQueue<>();
    source.with(type, "ns/a=1").with("v1/Service", "ns/s=1").publish();
    try (RawAdsClient client =
        new RawAdsClient(
            this::channel,
            "pilot",
            Map.of("REVISION", "default"),
            (t, changed, removed, revision) -> {
              received.add(t + " " + changed.keySet() + " -" + removed + " @" + revision);
              return Map.of();
            })) {
      client.subscribeAll(List.of(type, "v1/Service"));
      client.start();

      assertThat(received.poll(5, TimeUnit.SECONDS)).isEqualTo(type + " [ns/a] -[] @1");
      assertThat(received.poll(5, TimeUnit.SECONDS)).isEqualTo("v1/Service [ns/s] -[] @1");
      source.with(type, "ns/a", "ns/b=1").publish();
      assertThat(received.poll(5, TimeUnit.SECONDS)).isEqualTo(type + " [ns/b] -[ns/a] @2");
    }
  }

  private static Cluster cluster(String name, int port) {
    return Cluster.of(
        name,
        new Discovery.Static(
            ClusterLoadAssignment.of(name, List.of(Endpoint.of("127.0.0.1", port)))));
  }
}
