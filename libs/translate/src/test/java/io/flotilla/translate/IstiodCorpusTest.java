// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.flotilla.model.policy.ExternalAuthorization;
import io.flotilla.model.route.RouteConfiguration;
import io.flotilla.model.snapshot.ProxySnapshot;
import io.flotilla.translate.policy.AuthorizationProvider;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import org.assertj.core.api.SoftAssertions;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/**
 * What a real istiod sent to proxies, against what Pilot gives them from the same objects: names,
 * filter chains, TLS, domains, routes, clusters and endpoints are equal.
 */
class IstiodCorpusTest {
  private static final ObjectMapper JSON = new ObjectMapper();

  @ParameterizedTest(name = "{0} {1}")
  @CsvSource({
    "01-bookinfo-plain, proxy.json, out",
    "02-bookinfo-reviews-90-10, proxy.json, out",
    "03-bookinfo-ratings-inbound, proxy.json, out",
    "04a-fault-delay, proxy.json, out",
    "04b-fault-abort, proxy.json, out",
    "05-ingress-gateway, proxy.json, out",
    "08-peerauthentication, proxy.json, out",
    "08-peerauthentication, proxy-productpage.json, out-productpage",
    "07-egress-serviceentry, proxy.json, out",
    "18-virtualservice-full, proxy.json, out",
    "10-destinationrule, proxy.json, out",
    "14-gamma-httproute, proxy.json, out",
    "15-headless-tcp-sniffing, proxy.json, out",
    "15-headless-tcp-sniffing, proxy-sniff.json, out-sniff",
    "15-headless-tcp-sniffing, proxy-mysql-0.json, out-mysql-0",
  })
  void givesWhatIstiodGives(String scenario, String proxy, String out) throws IOException {
    Optional<Path> corpus = MeshFixture.corpus("xds-golden-istiod/" + scenario);
    Assumptions.assumeTrue(corpus.isPresent(), "the corpus of istiod's answers is not here");
    Path folder = corpus.get();
    MeshFixture mesh = new MeshFixture().applyFolder(folder.resolve("in"));

    ProxySnapshot got = mesh.connect(MeshFixture.node(folder.resolve("in").resolve(proxy)));

    assertThat(mesh.pilot.graph().view().failures()).isEmpty();
    SoftAssertions soft = new SoftAssertions();
    assertSame(soft, "clusters", Outline.clusters(got), Outline.clusters(read(folder, out, "cds")));
    assertSame(
        soft, "endpoints", Outline.endpoints(got), Outline.endpoints(read(folder, out, "eds")));
    assertSame(
        soft, "listeners", Outline.listeners(got), Outline.listeners(read(folder, out, "lds")));
    TreeMap<String, String> routes = new TreeMap<>();
    for (RouteConfiguration r : got.routes().values()) {
      routes.put(r.name(), Outline.routes(r));
    }
    TreeMap<String, String> wanted = new TreeMap<>();
    read(folder, out, "rds").forEach(r -> wanted.put(r.path("name").asText(), Outline.routes(r)));
    assertSame(soft, "routes", routes, wanted);
    soft.assertAll();
  }

  @Test
  void guardsWorkloadsAsIstiodDoes() throws IOException {
    Optional<Path> corpus = MeshFixture.corpus("xds-golden-istiod/09-authz-authn");
    Assumptions.assumeTrue(corpus.isPresent(), "the corpus of istiod's answers is not here");
    Path folder = corpus.get();
    // As the scenario's 01-meshconfig.yaml says.
    AuthorizationProvider provider =
        new AuthorizationProvider(
            "authz-grpc",
            "ext-authz.default.svc.cluster.local",
            9000,
            Duration.ofSeconds(2),
            true,
            false,
            503,
            Optional.of(new ExternalAuthorization.Body(8192, true, false)),
            Optional.empty());
    MeshFixture mesh =
        new MeshFixture(MeshSettings.DEFAULT.withAuthorizationProviders(List.of(provider)))
            .applyFolder(folder.resolve("in"));

    ProxySnapshot got = mesh.connect(MeshFixture.node(folder.resolve("in/proxy.json")));

    List<String> tokens = new ArrayList<>();
    read(folder, "out", "lds")
        .forEach(
            l -> {
              if (l.path("name").asText().equals("virtualInbound")) {
                tokens.addAll(AccessOutline.tokens(l));
              }
            });
    assertThat(AccessOutline.tokens(got.listeners().get("virtualInbound"))).isEqualTo(tokens);
    assertThat(tokens).hasSize(4);
    List<String> wanted = new ArrayList<>();
    read(folder, "out", "lds")
        .forEach(
            l -> {
              if (l.path("name").asText().equals("virtualInbound")) {
                wanted.addAll(AccessOutline.of(l));
              }
            });
    assertThat(AccessOutline.of(got.listeners().get("virtualInbound"))).isEqualTo(wanted);
    assertThat(wanted).hasSizeGreaterThan(30);
  }

  private static JsonNode read(Path folder, String out, String type) throws IOException {
    return JSON.readTree(folder.resolve(out).resolve(type + ".json").toFile());
  }

  private static void assertSame(
      SoftAssertions soft, String what, Map<String, String> got, Map<String, String> wanted) {
    soft.assertThat(List.copyOf(got.keySet()))
        .as("names of %s", what)
        .isEqualTo(List.copyOf(wanted.keySet()));
    wanted.forEach(
        (name, text) -> soft.assertThat(got.get(name)).as("%s %s", what, name).isEqualTo(text));
  }
}
