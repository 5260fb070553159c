// SPDX-License-Identifier: Apache-2.0
package io.flotilla.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.agent.dns.DnsSettings;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class PodEnvironmentTest {
  @TempDir Path root;

  @Test
  void readsWhatTheInjectionTemplatePutsIntoThePod() throws Exception {
    Files.createDirectories(root.resolve("etc/istio/pod"));
    Files.writeString(
        root.resolve("etc/istio/pod/labels"), "app=\"reviews\"\nversion=\"v2\"\nbroken\n");

    AgentConfig config =
        new PodEnvironment(
                Map.of(
                    "POD_NAME", "reviews-v2-abc",
                    "POD_NAMESPACE", "shop",
                    "INSTANCE_IP", "10.1.2.3",
                    "SERVICE_ACCOUNT", "bookinfo-reviews",
                    "ISTIO_META_WORKLOAD_NAME", "reviews-v2",
                    "PROXY_CONFIG", "{\"discoveryAddress\":\"istiod.mesh.svc:15012\"}"),
                root)
            .config("sidecar");

    assertThat(config.controlPlane().xdsAddress()).isEqualTo("istiod.mesh.svc:15012");
    assertThat(config.controlPlane().xdsTls()).isTrue();
    assertThat(config.canonicalService()).isEqualTo("reviews");
    assertThat(config.canonicalRevision()).isEqualTo("v2");
    assertThat(config.interception()).isEqualTo("REDIRECT");
    assertThat(config.spiffeId()).isEqualTo("spiffe://cluster.local/ns/shop/sa/bookinfo-reviews");
    assertThat(config.node("flotilla", Set.of()).id())
        .isEqualTo("sidecar~10.1.2.3~reviews-v2-abc.shop~shop.svc.cluster.local");
  }

  @Test
  void tellsPilotThatItSpeaksHboneWhereThePodSaysSo() throws Exception {
    Map<String, String> pod =
        Map.of("POD_NAME", "a", "INSTANCE_IP", "10.1.2.3", "ISTIO_META_ENABLE_HBONE", "true");

    assertThat(
            new PodEnvironment(pod, root)
                .config("sidecar")
                .node("flotilla", Set.of())
                .text("ENABLE_HBONE"))
        .contains("true");
  }

  @Test
  void opensTheDnsProxyWhereQueriesAreCaptured() throws Exception {
    Files.createDirectories(root.resolve("etc"));
    Files.writeString(
        root.resolve("etc/resolv.conf"),
        "search shop.svc.cluster.local\nnameserver 10.96.0.10\nnameserver fd00::10\n");
    Map<String, String> pod =
        Map.of(
            "POD_NAME", "reviews-v2-abc",
            "POD_NAMESPACE", "shop",
            "INSTANCE_IP", "10.1.2.3",
            "ISTIO_META_DNS_CAPTURE", "true",
            "DNS_FORWARD_PARALLEL", "true");

    AgentConfig config = new PodEnvironment(pod, root).config("sidecar");

    assertThat(config.node("flotilla", Set.of()).text("DNS_CAPTURE")).contains("true");
    DnsSettings dns = config.dns().settings(config);
    assertThat(dns.addresses())
        .containsExactly(
            new InetSocketAddress(InetAddress.ofLiteral("127.0.0.1"), 15053),
            new InetSocketAddress(InetAddress.ofLiteral("::1"), 15053));
    assertThat(dns.servers()).hasSize(2);
    assertThat(dns.search()).containsExactly("shop.svc.cluster.local");
    assertThat(dns.parallel()).isTrue();
  }

  @Test
  void namesTheFieldThatIsMissing() {
    assertThatThrownBy(() -> new PodEnvironment(Map.of(), root).config("sidecar"))
        .hasMessage("a proxy's configuration needs 'name'");
  }

  @Test
  void namesTheFileAndTheValueThatIsInvalid() throws Exception {
    Path file = root.resolve("proxy.json");
    Files.writeString(file, "{\"name\":\"a\",\"ip\":\"10.0.0.x\"}");

    assertThatThrownBy(() -> PodEnvironment.read(file))
        .hasMessageContaining(file.toString())
        .hasMessageContaining("10.0.0.x");
  }
}
