// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.flotilla.model.dns.NameTable;
import io.flotilla.model.dns.NameTable.Name;
import io.flotilla.model.endpoint.Locality;
import io.flotilla.model.node.ProxyNode;
import io.flotilla.model.snapshot.ProxySnapshot;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;

/** What the DNS proxy of a workload is told. */
class NamesTest {
  private static final String AUTO = "auto.example.com";

  private final MeshFixture mesh = new MeshFixture();

  @Test
  void namesWhatIstiodNames() throws IOException {
    Optional<Path> corpus = MeshFixture.corpus("xds-golden-istiod/20-meshconfig-dns");
    Assumptions.assumeTrue(corpus.isPresent(), "the corpus of istiod's answers is not here");
    Path folder = corpus.get();
    mesh.applyFolder(folder.resolve("in"));

    ProxySnapshot got = mesh.connect(MeshFixture.node(folder.resolve("in/proxy.json")));

    Map<String, Name> names = new LinkedHashMap<>(got.names().orElseThrow().names());
    // istiod writes the address that it picked into the entry's status; ours is a function of
    // names.
    assertThat(names.remove(AUTO).addresses())
        .singleElement()
        .asString()
        .matches("240\\.240\\.\\d+\\.\\d+");
    Map<String, Name> wanted = golden(folder.resolve("out/nds.json"));
    assertThat(wanted.remove(AUTO).addresses()).containsExactly("240.240.0.1");
    assertThat(names).isEqualTo(wanted);
  }

  private static Map<String, Name> golden(Path file) throws IOException {
    Map<String, Name> out = new LinkedHashMap<>();
    JsonNode table = new ObjectMapper().readTree(file.toFile()).path(0).path("table");
    table
        .properties()
        .forEach(
            each -> {
              List<String> ips = new ArrayList<>();
              each.getValue().path("ips").forEach(ip -> ips.add(ip.asText()));
              out.put(
                  each.getKey(),
                  new Name(
                      ips,
                      each.getValue().path("registry").asText().equals("Kubernetes"),
                      each.getValue().path("shortname").asText(),
                      each.getValue().path("namespace").asText()));
            });
    return out;
  }

  @Test
  void tellsNothingToAProxyThatDoesNotAsk() {
    mesh.apply(entry("one", AUTO, ""));

    assertThat(mesh.connect(node(Map.of())).names()).isEmpty();
  }

  @Test
  void givesServicesWithoutAddressOneThatListenersHaveToo() {
    mesh.apply(entry("one", AUTO, ""));

    ProxySnapshot got = mesh.connect(node(Map.of("DNS_CAPTURE", "true")));

    String address = names(got).get(AUTO).addresses().getFirst();
    assertThat(address).startsWith("240.240.");
    assertThat(got.listeners()).containsKey(address + "_9000");
    assertThat(mesh.connect(node(Map.of())).listeners())
        .as("of a proxy that cannot be asked for names")
        .doesNotContainKey(address + "_9000");
  }

  @Test
  void givesEveryServiceItsOwnAddressWhichStays() {
    Set<String> addresses = new HashSet<>();
    for (int i = 0; i < 400; i++) {
      mesh.apply(entry("e" + i, "host" + i + ".example.com", ""));
    }
    ProxyNode node = node(Map.of("DNS_CAPTURE", "true"));
    Map<String, Name> before = names(mesh.connect(node));
    before.values().forEach(name -> addresses.addAll(name.addresses()));

    mesh.apply(entry("zz", "zz.example.com", ""));

    assertThat(addresses).hasSize(400);
    Map<String, Name> after = new LinkedHashMap<>(names(mesh.snapshot(node)));
    assertThat(after.remove("zz.example.com").addresses()).doesNotContainAnyElementsOf(addresses);
    assertThat(after).isEqualTo(before);
  }

  @Test
  void answersWithAddressesThatAreLiteralAndNotAllocatedOnes() {
    mesh.apply(
        entry(
            "two",
            AUTO,
            """
            addresses: [192.0.2.7, 192.0.2.0/24, '2001:db8::7']
              endpoints: [{address: 203.0.113.9}]\
            """));

    assertThat(names(mesh.connect(node(Map.of("DNS_CAPTURE", "true")))).get(AUTO))
        .isEqualTo(Name.external(List.of("192.0.2.7", "2001:db8::7")));
  }

  private static Map<String, Name> names(ProxySnapshot snapshot) {
    return snapshot.names().map(NameTable::names).orElseThrow();
  }

  private static String entry(String name, String host, String addresses) {
    return """
        apiVersion: networking.istio.io/v1
        kind: ServiceEntry
        metadata: {name: %s, namespace: default}
        spec:
          hosts: [%s]
          ports: [{number: 9000, name: tcp, protocol: TCP}]
          resolution: %s
          %s
        """
        .formatted(name, host, addresses.isEmpty() ? "DNS" : "STATIC", addresses);
  }

  private static ProxyNode node(Map<String, Object> metadata) {
    return ProxyNode.parse(
        "sidecar~10.0.0.9~client-" + metadata.size() + ".default~default.svc.cluster.local",
        "client.default",
        Locality.NONE,
        "",
        metadata,
        Set.of());
  }
}
