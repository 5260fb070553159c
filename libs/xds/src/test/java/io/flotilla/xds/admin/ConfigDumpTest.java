// SPDX-License-Identifier: Apache-2.0
package io.flotilla.xds.admin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.protobuf.Any;
import com.google.protobuf.ByteString;
import com.google.protobuf.Message;
import com.google.protobuf.util.JsonFormat;
import io.envoyproxy.envoy.admin.v3.ClustersConfigDump;
import io.envoyproxy.envoy.admin.v3.EndpointsConfigDump;
import io.envoyproxy.envoy.admin.v3.ListenersConfigDump;
import io.envoyproxy.envoy.admin.v3.RoutesConfigDump;
import io.envoyproxy.envoy.admin.v3.SecretsConfigDump;
import io.envoyproxy.envoy.config.bootstrap.v3.Bootstrap;
import io.envoyproxy.envoy.config.cluster.v3.Cluster;
import io.flotilla.model.tls.Secret;
import io.flotilla.xds.TypeUrl;
import io.flotilla.xds.client.ProxyDiscovery.Accepted;
import io.flotilla.xds.client.ProxyDiscovery.Refused;
import io.flotilla.xds.client.RawAdsClient.Received;
import io.flotilla.xds.codec.Golden;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Instant;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class ConfigDumpTest {
  private static final Instant THEN = Instant.parse("2026-01-02T03:04:05.678Z");
  private static final ConfigDump.Query ALL =
      new ConfigDump.Query(Optional.empty(), Optional.empty(), name -> true, true);

  private final Map<String, Map<String, Accepted>> accepted = new TreeMap<>();
  private final Map<String, Map<String, Refused>> rejected = new TreeMap<>();
  private final Map<String, Secret> secrets = new LinkedHashMap<>();

  private void accept(String type, String name, Any body) {
    accepted
        .computeIfAbsent(type, t -> new TreeMap<>())
        .put(name, new Accepted(new Received(name, "v-" + name, body), THEN));
  }

  private static Any cluster(String name) {
    return Any.pack(Cluster.newBuilder().setName(name).setAltStatName("alt").build());
  }

  private String dump(ConfigDump.Query query) throws ConfigDump.UnknownResourceException {
    return new ConfigDump(Bootstrap.getDefaultInstance(), THEN, accepted, rejected, secrets)
        .json(query);
  }

  private static io.envoyproxy.envoy.admin.v3.ConfigDump parse(String json) throws IOException {
    var dump = io.envoyproxy.envoy.admin.v3.ConfigDump.newBuilder();
    // Unknown fields are errors.
    JsonFormat.parser().usingTypeRegistry(Golden.registry(json)).merge(json, dump);
    return dump.build();
  }

  private static <T extends Message> T section(
      io.envoyproxy.envoy.admin.v3.ConfigDump dump, Class<T> type) throws IOException {
    for (Any each : dump.getConfigsList()) {
      if (each.is(type)) {
        return each.unpack(type);
      }
    }
    throw new AssertionError("no " + type);
  }

  @Test
  void showsEveryResourceOfIstiodAsItCame() throws Exception {
    Path folder = Golden.folder();
    assumeTrue(folder != null, "flotilla.corpus does not name the folder of xds-golden-istiod");
    // Those with the most kinds of filters, transports and routes.
    List<Path> scenarios =
        Stream.of("06-gateway-tls", "09-authz-authn", "12-telemetry", "17-wasmplugin")
            .map(folder::resolve)
            .toList();
    for (Path scenario : scenarios) {
      for (List<Any> file : Golden.scenario(scenario).values()) {
        accepted.clear();
        for (Any each : file) {
          if (!each.getTypeUrl().equals(TypeUrl.SECRET)) {
            accept(each.getTypeUrl(), "r" + accepted.size() + each.hashCode(), each);
          }
        }

        String json = dump(ALL);

        assertThat(json).as("%s: every type is known", scenario).doesNotContain("\"value\": \"C");
        List<Any> shown = new ArrayList<>();
        var dump = parse(json);
        section(dump, ClustersConfigDump.class)
            .getDynamicActiveClustersList()
            .forEach(c -> shown.add(c.getCluster()));
        section(dump, EndpointsConfigDump.class)
            .getDynamicEndpointConfigsList()
            .forEach(c -> shown.add(c.getEndpointConfig()));
        section(dump, ListenersConfigDump.class)
            .getDynamicListenersList()
            .forEach(c -> shown.add(c.getActiveState().getListener()));
        section(dump, RoutesConfigDump.class)
            .getDynamicRouteConfigsList()
            .forEach(c -> shown.add(c.getRouteConfig()));
        List<String> expected = new ArrayList<>();
        accepted
            .values()
            .forEach(m -> m.values().forEach(a -> expected.add(text(a.resource().body()))));
        assertThat(shown.stream().map(ConfigDumpTest::text))
            .as("%s", scenario)
            .containsExactlyInAnyOrderElementsOf(expected);
      }
    }
  }

  private static String text(Any any) {
    return ProtoJson.print(any);
  }

  @Test
  void tellsVersionsAndTimes() throws Exception {
    accept(TypeUrl.CLUSTER, "a", cluster("a"));

    var a = section(parse(dump(ALL)), ClustersConfigDump.class).getDynamicActiveClusters(0);

    assertThat(a.getVersionInfo()).isEqualTo("v-a");
    assertThat(a.getLastUpdated().getSeconds()).isEqualTo(THEN.getEpochSecond());
    assertThat(dump(ALL)).contains("\"last_updated\": \"2026-01-02T03:04:05.678Z\"");
  }

  @Test
  void tellsWhatWasRefusedAndWhyBesideWhatStaysInForce() throws Exception {
    accept(TypeUrl.CLUSTER, "a", cluster("a"));
    rejected.put(
        TypeUrl.CLUSTER,
        Map.of(
            "a", new Refused(new Received("a", "v2", cluster("a")), THEN, "a: is wrong"),
            "b", new Refused(new Received("b", "v1", cluster("b")), THEN, "b: is wrong")));

    ClustersConfigDump clusters = section(parse(dump(ALL)), ClustersConfigDump.class);

    assertThat(clusters.getDynamicActiveClusters(0).getErrorState().getDetails())
        .isEqualTo("a: is wrong");
    assertThat(clusters.getDynamicWarmingClusters(0).getErrorState().getDetails())
        .isEqualTo("b: is wrong");
  }

  @Test
  void neverShowsAKey() throws Exception {
    secrets.put("default", new Secret.KeyPair("default", "the chain", "the key"));

    String json = dump(ALL);

    var secret =
        section(parse(json), SecretsConfigDump.class)
            .getDynamicActiveSecrets(0)
            .getSecret()
            .unpack(io.envoyproxy.envoy.extensions.transport_sockets.tls.v3.Secret.class);
    assertThat(secret.getTlsCertificate().getCertificateChain().getInlineBytes().toStringUtf8())
        .isEqualTo("the chain");
    assertThat(secret.getTlsCertificate().getPrivateKey().getInlineBytes().toStringUtf8())
        .isEqualTo("[redacted]");
  }

  @Test
  void neverShowsWhatIsInAnAnyOfUnknownType() throws Exception {
    Any unknown =
        Any.newBuilder()
            .setTypeUrl("type.googleapis.com/example.Unknown")
            .setValue(ByteString.copyFromUtf8("a password"))
            .build();
    accept(
        TypeUrl.CLUSTER,
        "a",
        Any.pack(
            Cluster.newBuilder()
                .setName("a")
                .putTypedExtensionProtocolOptions("example", unknown)
                .build()));

    assertThat(dump(ALL))
        .contains("type.googleapis.com/example.Unknown")
        .doesNotContain("YSBwYXNzd29yZA==");
  }

  @Test
  void showsOneListAndTheFieldsOfItThatTheMaskNames() throws Exception {
    accept(TypeUrl.CLUSTER, "a", cluster("a"));

    String json =
        dump(
            new ConfigDump.Query(
                Optional.of("dynamic_active_clusters"),
                Optional.of("version_info,cluster.name"),
                name -> true,
                false));

    var dump = parse(json);
    assertThat(dump.getConfigsCount()).isEqualTo(1);
    var shown = dump.getConfigs(0).unpack(ClustersConfigDump.DynamicCluster.class);
    assertThat(shown.getVersionInfo()).isEqualTo("v-a");
    assertThat(shown.hasLastUpdated()).isFalse();
    assertThat(shown.getCluster().unpack(Cluster.class))
        .isEqualTo(Cluster.newBuilder().setName("a").build());
  }

  @Test
  void refusesAListAndAMaskThatDoNotExist() {
    assertThatThrownBy(() -> dump(query("nothing", null, n -> true)))
        .hasMessage("nothing not found in config dump");
    assertThatThrownBy(() -> dump(query("bootstrap", "nothing", n -> true)))
        .hasMessageContaining("no field 'nothing'");
  }

  private static ConfigDump.Query query(String resource, String mask, Predicate<String> name) {
    return new ConfigDump.Query(
        Optional.ofNullable(resource), Optional.ofNullable(mask), name, false);
  }

  @Test
  void filtersByName() throws Exception {
    accept(TypeUrl.CLUSTER, "a", cluster("a"));
    accept(TypeUrl.CLUSTER, "b", cluster("b"));

    String json = dump(query("dynamic_active_clusters", null, "b"::equals));

    assertThat(parse(json).getConfigsCount()).isEqualTo(1);
    assertThat(json).contains("\"v-b\"");
  }
}
