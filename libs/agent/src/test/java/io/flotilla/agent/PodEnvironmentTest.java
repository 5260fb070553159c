// SPDX-License-Identifier: Apache-2.0
package io.flotilla.agent;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

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
