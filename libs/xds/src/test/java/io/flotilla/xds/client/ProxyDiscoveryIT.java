// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.client;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.model.cluster.Cluster;
import io.flotilla.model.cluster.Discovery;
import io.flotilla.model.dns.NameTable;
import io.flotilla.model.endpoint.ClusterLoadAssignment;
import io.flotilla.model.endpoint.Endpoint;
import io.flotilla.model.endpoint.Locality;
import io.flotilla.model.node.ProxyNode;
import io.flotilla.model.snapshot.ProxySnapshot;
import io.flotilla.xds.codec.Capabilities;
import io.flotilla.xds.codec.Everything;
import io.flotilla.xds.server.Proxies;
import io.flotilla.xds.server.XdsServer;
import io.grpc.InsecureChannelCredentials;
import io.grpc.InsecureServerCredentials;
import io.grpc.ManagedChannel;
import io.grpc.Server;
import io.grpc.netty.NettyChannelBuilder;
import io.grpc.netty.NettyServerBuilder;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.PosixFilePermissions;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Predicate;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProxyDiscoveryIT {
  private static final ProxyNode NODE =
      ProxyNode.parse(
          "sidecar~10.0.0.1~reviews-v1.default~default.svc.cluster.local",
          "reviews.default",
          new Locality("r", "z", "s"),
          "flotilla 0.1.0",
          Map.of("LABELS", Map.of("app", "reviews"), "INTERCEPTION_MODE", "NONE"),
          Capabilities.OF_OUR_ENGINE);

  private final Proxies pilot = new Proxies();
  private final LinkedBlockingQueue<ProxySnapshot> snapshots = new LinkedBlockingQueue<>();
  private @TempDir Path folder;
  private Server server;
  private int port;
  private ProxyDiscovery discovery;

  @BeforeEach
  void start() throws IOException {
    server = serve(0);
    port = server.getPort();
    discovery = discovery();
  }

  @AfterEach
  void stop() {
    discovery.close();
    server.shutdownNow();
  }

  private Server serve(int port) throws IOException {
    return NettyServerBuilder.forAddress(
            new InetSocketAddress("127.0.0.1", port), InsecureServerCredentials.create())
        .addService(new XdsServer(pilot, pilot))
        .build()
        .start();
  }

  private ProxyDiscovery discovery() {
    return new ProxyDiscovery(
        () -> channel(port), NODE, new SnapshotFile(folder.resolve("snapshot")), snapshots::add);
  }

  private static ManagedChannel channel(int port) {
    return NettyChannelBuilder.forAddress("127.0.0.1", port, InsecureChannelCredentials.create())
        .build();
  }

  private ProxySnapshot snapshot(Predicate<ProxySnapshot> wanted) throws InterruptedException {
    ProxySnapshot last = null;
    for (ProxySnapshot next = snapshots.poll(10, TimeUnit.SECONDS);
        next != null;
        next = snapshots.poll(10, TimeUnit.SECONDS)) {
      last = next;
      if (wanted.test(next)) {
        return next;
      }
    }
    throw new AssertionError("no snapshot was as wanted, the last one was " + last);
  }

  private ProxySnapshot snapshot(long revision) throws InterruptedException {
    return snapshot(s -> s.revision() == revision);
  }

  @Test
  void handsOutExactlyWhatPilotPublished() throws InterruptedException {
    ProxySnapshot published = Everything.snapshot(7, "chain", "key", "roots");
    pilot.publish(published);

    discovery.start();

    ProxySnapshot received = snapshot(7);
    assertThat(received.listeners()).isEqualTo(published.listeners());
    assertThat(received.clusters()).isEqualTo(published.clusters());
    assertThat(received.endpoints()).isEqualTo(published.endpoints());
    assertThat(received.secrets()).isEqualTo(published.secrets());
    assertThat(received.routes()).containsOnlyKeys("9080");
    assertThat(received.routes().get("9080")).isEqualTo(published.routes().get("9080"));
    pilot.awaits("acknowledged 7");
    assertThat(pilot.proxies().getFirst().node()).isEqualTo(NODE);
    assertThat(discovery.isConnected()).isTrue();
    assertThat(discovery.problems()).isEmpty();
  }

  @Test
  void handsOutNothingBeforeTheEndpointsHaveCome() throws InterruptedException {
    pilot.publish(clusters(1, "a"));

    discovery.start();

    assertThat(snapshot(1).endpoints()).containsOnlyKeys("a");
    pilot.publish(clusters(2, "a", "b"));
    ProxySnapshot second = snapshot(s -> s.clusters().containsKey("b"));
    assertThat(second.endpoints()).containsOnlyKeys("a", "b");
    pilot.publish(clusters(3, "b"));
    ProxySnapshot third = snapshot(s -> !s.clusters().containsKey("a"));
    assertThat(third.endpoints()).containsOnlyKeys("b");
    pilot.awaits("acknowledged 3");
  }

  @Test
  void resumesAfterThePilotWasAway() throws InterruptedException, IOException {
    pilot.publish(clusters(1, "a"));
    discovery.start();
    snapshot(1);

    server.shutdownNow();
    pilot.awaits("disconnected");
    assertThat(server.awaitTermination(5, TimeUnit.SECONDS)).isTrue();
    pilot.publish(clusters(2, "a", "b"));
    server = serve(port);

    assertThat(snapshot(2).clusters()).containsOnlyKeys("a", "b");
    pilot.awaits("acknowledged 2");
  }

  @Test
  void servesFromItsFileWhenThePilotIsAway() throws InterruptedException, IOException {
    pilot.publish(Everything.snapshot(7, "chain", "secret-key", "roots"));
    discovery.start();
    ProxySnapshot good = snapshot(7);
    Path file = folder.resolve("snapshot");
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (!Files.exists(file)) {
      assertThat(System.nanoTime()).as("the file is written").isLessThan(end);
      snapshots.poll(20, TimeUnit.MILLISECONDS);
    }
    discovery.close();
    server.shutdownNow();
    snapshots.clear();

    discovery = discovery();
    discovery.start();

    ProxySnapshot restored = snapshot(s -> true);
    assertThat(restored.listeners()).isEqualTo(good.listeners());
    assertThat(restored.clusters()).isEqualTo(good.clusters());
    assertThat(restored.endpoints()).isEqualTo(good.endpoints());
    assertThat(restored.routes()).isEqualTo(good.routes());
    assertThat(restored.secrets()).isEmpty();
    assertThat(discovery.isConnected()).isFalse();
    assertThat(PosixFilePermissions.toString(Files.getPosixFilePermissions(file)))
        .isEqualTo("rw-------");
    assertThat(new String(Files.readAllBytes(file), java.nio.charset.StandardCharsets.ISO_8859_1))
        .doesNotContain("secret-key");
  }

  @Test
  void dropsWhatWasTakenAwayWhileItWasNotThere() throws InterruptedException {
    pilot.publish(Everything.snapshot(7, "chain", "key", "roots"));
    discovery.start();
    snapshot(7);
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (!Files.exists(folder.resolve("snapshot"))) {
      assertThat(System.nanoTime()).as("the file is written").isLessThan(end);
      snapshots.poll(20, TimeUnit.MILLISECONDS);
    }
    discovery.close();
    pilot.publish(clusters(8, "a"));

    discovery = discovery();
    discovery.start();

    // Clusters go after the listeners that could still use them.
    ProxySnapshot now =
        snapshot(s -> s.revision() == 8 && s.clusters().keySet().equals(Set.of("a")));
    assertThat(now.listeners()).isEmpty();
  }

  @Test
  void doesNotMindAFileThatIsNoSnapshot() throws InterruptedException, IOException {
    Files.writeString(folder.resolve("snapshot"), "this is no snapshot");
    pilot.publish(clusters(1, "a"));

    discovery.start();

    assertThat(snapshot(1).clusters()).containsOnlyKeys("a");
  }

  @Test
  void keepsTheNamesOfAWorkloadThatAsksForThem() throws InterruptedException {
    Map<String, Object> metadata = new LinkedHashMap<>(NODE.metadata());
    metadata.put("DNS_CAPTURE", "true");
    NameTable first =
        new NameTable(
            Map.of(
                "reviews.default.svc.cluster.local",
                new NameTable.Name(List.of("10.96.0.13"), true, "reviews", "default"),
                "*.wild.example.com",
                NameTable.Name.external(List.of("192.0.2.20", "2001:db8::1"))));
    pilot.publish(names(1, Optional.of(first)));
    discovery.close();
    discovery =
        new ProxyDiscovery(
            () -> channel(port),
            ProxyNode.parse(
                NODE.id(), NODE.cluster(), Locality.NONE, "", metadata, NODE.extensions()),
            new SnapshotFile(folder.resolve("snapshot")),
            snapshots::add);

    discovery.start();

    assertThat(snapshot(s -> s.names().isPresent()).names()).contains(first);
    pilot.awaits("acknowledged 1");
    pilot.publish(names(2, Optional.empty()));
    assertThat(snapshot(s -> s.names().isPresent() && s.names().get().names().isEmpty()))
        .isNotNull();
    pilot.awaits("acknowledged 2");
  }

  @Test
  void asksForNoNamesOnItsOwn() throws InterruptedException {
    pilot.publish(names(1, Optional.of(NameTable.EMPTY)));

    discovery.start();

    assertThat(snapshot(1).names()).isEmpty();
  }

  private static ProxySnapshot names(long revision, Optional<NameTable> names) {
    ProxySnapshot rest = clusters(revision, "a");
    return new ProxySnapshot(
        revision, Map.of(), Map.of(), rest.clusters(), rest.endpoints(), Map.of(), names);
  }

  private static ProxySnapshot clusters(long revision, String... names) {
    Map<String, Cluster> clusters = new LinkedHashMap<>();
    Map<String, ClusterLoadAssignment> endpoints = new LinkedHashMap<>();
    for (String name : names) {
      clusters.put(name, Cluster.of(name, new Discovery.Eds(name)));
      endpoints.put(name, ClusterLoadAssignment.of(name, List.of(Endpoint.of("127.0.0.1", 80))));
    }
    return new ProxySnapshot(revision, Map.of(), Map.of(), clusters, endpoints, Map.of());
  }
}
