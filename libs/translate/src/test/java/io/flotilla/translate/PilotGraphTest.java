// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.api.Kind;
import io.flotilla.api.Resource;
import io.flotilla.api.yaml.ManifestReader;
import io.flotilla.graph.Graph;
import io.flotilla.graph.Provenance;
import io.flotilla.graph.Source;
import io.flotilla.graph.Transaction;
import io.flotilla.model.endpoint.Locality;
import io.flotilla.model.node.ProxyNode;
import io.flotilla.model.snapshot.ProxySnapshot;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Random;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

class PilotGraphTest {
  private static final int EVENTS = 400;

  private final ProxyNode sidecar =
      MeshFixture.node(testCase("bookinfo-sidecar-none", "in-proxy.json"));
  private final ProxyNode gateway = MeshFixture.node(testCase("egress-gateway", "in-proxy.json"));
  private final ProxyNode resolving =
      ProxyNode.parse(
          "sidecar~10.0.0.9~client.default~default.svc.cluster.local",
          "client.default",
          Locality.NONE,
          "",
          Map.of("DNS_CAPTURE", "true"),
          Set.of());

  @Test
  void changesGiveWhatTheSameObjectsGiveAtOnce() throws IOException {
    long seed = Long.getLong("flotilla.seed", System.nanoTime());
    System.out.println("PilotGraphTest seed " + seed);
    Random random = new Random(seed);
    List<Resource<?>> pool = pool();
    MeshFixture live = new MeshFixture();
    live.connect(sidecar);
    live.connect(gateway);
    live.connect(resolving);
    Map<String, Resource<?>> present = new LinkedHashMap<>();

    for (int event = 0; event < EVENTS; event++) {
      Resource<?> resource = pool.get(random.nextInt(pool.size()));
      String key = resource.kind() + " " + resource.metadata().fullName();
      boolean remove = random.nextInt(3) == 0;
      live.pilot.graph().transact(tx -> change(live.pilot, tx, resource, remove));
      if (remove) {
        present.remove(key);
      } else {
        present.put(key, resource);
      }
      if (event % 20 == 0) {
        MeshFixture fresh = new MeshFixture();
        fresh
            .pilot
            .graph()
            .transact(tx -> present.values().forEach(r -> change(fresh.pilot, tx, r, false)));
        for (ProxyNode node : List.of(sidecar, gateway, resolving)) {
          assertThat(live.snapshot(node))
              .as("%s after event %d, seed %d", node.id(), event, seed)
              .isEqualTo(fresh.connect(node));
        }
      }
    }
  }

  @Test
  void everyFileOfUpstreamsBookinfoTranslatesWithoutAFailure() throws IOException {
    Optional<Path> folder = MeshFixture.corpus("samples/bookinfo/networking");
    Assumptions.assumeTrue(folder.isPresent(), "upstream's bookinfo samples are not here");
    MeshFixture mesh = bookinfo();
    mesh.connect(sidecar);
    mesh.connect(gateway);
    try (Stream<Path> files = Files.list(folder.get())) {
      for (Path file : files.filter(f -> f.toString().endsWith(".yaml")).sorted().toList()) {
        for (Resource<?> resource :
            new ManifestReader().read(Files.readString(file), file.toString()).resources()) {
          mesh.pilot.graph().transact(tx -> change(mesh.pilot, tx, resource, false));
        }

        assertThat(mesh.pilot.graph().view().failures()).as(file.toString()).isEmpty();
        assertThat(mesh.snapshot(sidecar).routes()).containsKey("http_proxy");
      }
    }
  }

  @Test
  void aRuleForOneServiceLeavesEveryOtherObjectTheSame() {
    MeshFixture mesh = bookinfo();
    ProxySnapshot before = mesh.connect(sidecar);

    mesh.apply(
        """
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: productpage}
        spec: {hosts: [productpage], http: [{timeout: 3s, route: [{destination: {host: productpage}}]}]}
        """);

    ProxySnapshot after = mesh.snapshot(sidecar);
    assertThat(after.routes()).isNotEqualTo(before.routes());
    assertThat(after.clusters()).isEqualTo(before.clusters());
    assertThat(after.listeners()).isEqualTo(before.listeners());
    assertThat(after.endpoints()).isEqualTo(before.endpoints());
    after
        .clusters()
        .forEach(
            (name, c) -> {
              if (before.clusters().get(name) != null && name.startsWith("outbound")) {
                assertThat(c).isSameAs(before.clusters().get(name));
              }
            });
  }

  @Test
  void aForkTellsWhatWouldBe() {
    MeshFixture mesh = bookinfo();
    ProxySnapshot before = mesh.connect(sidecar);
    Graph fork = mesh.pilot.graph().fork();
    Resource<?> entry =
        new ManifestReader()
            .read(
                """
                apiVersion: networking.istio.io/v1
                kind: WorkloadEntry
                metadata: {name: reviews-v3}
                spec: {address: 127.10.0.5, labels: {app: reviews, version: v3}}
                """,
                "test")
            .resources()
            .getFirst();

    ProxySnapshot would =
        fork.transact(tx -> change(mesh.pilot, tx, entry, false))
            .get(mesh.pilot.snapshots(), sidecar.id())
            .orElseThrow();

    String cluster = "outbound|9080||reviews.default.svc.cluster.local";
    assertThat(would.endpoints().get(cluster).endpoints()).hasSize(3);
    assertThat(mesh.snapshot(sidecar)).isSameAs(before);
  }

  @Test
  void aSnapshotTellsTheObjectsThatItCameFrom() {
    MeshFixture mesh = bookinfo();
    mesh.connect(sidecar);

    assertThat(mesh.pilot.graph().view().provenance(mesh.pilot.snapshots(), sidecar.id()).origins())
        .extracting(Provenance.Origin::source, Provenance.Origin::key)
        .contains(
            org.assertj.core.groups.Tuple.tuple("proxies", sidecar.id()),
            org.assertj.core.groups.Tuple.tuple("v1/Service", "default/reviews"),
            org.assertj.core.groups.Tuple.tuple(
                "networking.istio.io/v1/VirtualService", "default/reviews"));
  }

  @Test
  void theNamespaceOfTheCallerDecidesWhatIsExportedToIt() {
    MeshFixture mesh = bookinfo();
    mesh.connect(sidecar);

    mesh.apply(
        """
        apiVersion: networking.istio.io/v1
        kind: ServiceEntry
        metadata: {name: hidden, namespace: other}
        spec: {hosts: [hidden.example.com], ports: [{number: 80, name: http, protocol: HTTP}], resolution: DNS, exportTo: ["."]}
        ---
        apiVersion: networking.istio.io/v1
        kind: ServiceEntry
        metadata: {name: shown, namespace: other}
        spec: {hosts: [shown.example.com], ports: [{number: 80, name: http, protocol: HTTP}], resolution: DNS, exportTo: ["default"]}
        """);

    assertThat(mesh.snapshot(sidecar).clusters())
        .containsKey("outbound|80||shown.example.com")
        .doesNotContainKey("outbound|80||hidden.example.com");
  }

  @Test
  void aGatewayHoldsTheCredentialsThatDestinationRulesName() {
    MeshFixture mesh = new MeshFixture().applyFolder(testCase("egress-gateway", ""));
    mesh.connect(gateway);
    mesh.connect(sidecar);

    mesh.apply(
        """
        apiVersion: networking.istio.io/v1
        kind: DestinationRule
        metadata: {name: originate-tls-for-outside}
        spec:
          host: outside.example
          trafficPolicy:
            portLevelSettings: [{port: {number: 443}, tls: {mode: SIMPLE, credentialName: outside}}]
        ---
        apiVersion: v1
        kind: Secret
        metadata: {name: outside, namespace: istio-system}
        stringData: {ca.crt: "-----BEGIN CERTIFICATE-----"}
        """);

    assertThat(mesh.snapshot(gateway).secrets()).containsOnlyKeys("kubernetes://outside-cacert");
    assertThat(mesh.snapshot(sidecar).secrets()).isEmpty();
  }

  private static MeshFixture bookinfo() {
    return new MeshFixture().applyFolder(testCase("bookinfo-sidecar-none", ""));
  }

  private static List<Resource<?>> pool() throws IOException {
    List<Resource<?>> pool = new ArrayList<>();
    for (String name : List.of("bookinfo-sidecar-none", "egress-sidecar", "missing-subset")) {
      try (Stream<Path> files = Files.list(testCase(name, ""))) {
        for (Path file : files.filter(f -> f.toString().endsWith(".yaml")).sorted().toList()) {
          pool.addAll(new ManifestReader().read(Files.readString(file), "test").resources());
        }
      }
    }
    return pool;
  }

  private static Path testCase(String name, String file) {
    try {
      return Path.of(PilotGraphTest.class.getResource("/cases/" + name).toURI()).resolve(file);
    } catch (URISyntaxException e) {
      throw new IllegalStateException(e);
    }
  }

  private static <S> void change(
      PilotGraph pilot, Transaction tx, Resource<S> resource, boolean remove) {
    Kind<S> kind = resource.kind();
    Optional<Source<String, Resource<S>>> source = pilot.source(kind);
    source.ifPresent(
        s -> {
          if (remove) {
            tx.remove(s, resource.metadata().fullName());
          } else {
            tx.set(s, resource.metadata().fullName(), resource);
          }
        });
  }
}
