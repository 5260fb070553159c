// SPDX-License-Identifier: Apache-2.0
package io.flotilla.pilot.push;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.api.Kinds;
import io.flotilla.api.Resource;
import io.flotilla.api.yaml.ManifestReader;
import io.flotilla.model.endpoint.Locality;
import io.flotilla.model.node.ProxyNode;
import io.flotilla.model.snapshot.ProxySnapshot;
import io.flotilla.translate.MeshSettings;
import io.flotilla.translate.PilotGraph;
import io.flotilla.xds.server.ConnectedProxy;
import io.grpc.StatusRuntimeException;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ProxyRegistryTest {
  private static final String IDENTITY = "spiffe://cluster.local/ns/edge/sa/ingress";
  private static final String GATEWAY =
      """
      apiVersion: networking.istio.io/v1
      kind: Gateway
      metadata: {name: web, namespace: edge}
      spec: {selector: {app: gw}, servers: [{port: {number: 443, name: https, protocol: HTTPS}, hosts: ["a.example.com"], tls: {mode: SIMPLE, credentialName: web-cert}}]}
      ---
      apiVersion: v1
      kind: Secret
      metadata: {name: web-cert, namespace: edge}
      stringData: {tls.crt: chain, tls.key: key}
      """;

  private final PilotGraph pilot = new PilotGraph(MeshSettings.DEFAULT);
  private final ProxyEvents events = new ProxyEvents(new ProxyChannel(null));
  private final ProxyRegistry registry =
      new ProxyRegistry(pilot, events, new PushMetrics(new SimpleMeterRegistry()), () -> 7);
  private final List<ProxySnapshot> got = new ArrayList<>();

  @AfterEach
  void close() {
    events.close();
  }

  private static ConnectedProxy proxy(Optional<String> identity) {
    return new ConnectedProxy(
        ProxyNode.parse(
            "router~10.0.0.1~gw-1.edge~edge.svc.cluster.local",
            "",
            Locality.NONE,
            "",
            Map.of("SERVICE_ACCOUNT", "ingress", "LABELS", Map.of("app", "gw")),
            Set.of()),
        identity,
        "10.0.0.1:40000",
        true);
  }

  private void apply(String yaml) {
    for (Resource<?> resource : new ManifestReader().read(yaml, "test").resources()) {
      pilot
          .graph()
          .transact(
              tx -> {
                if (resource.kind().equals(Kinds.GATEWAY)) {
                  tx.set(
                      pilot.source(Kinds.GATEWAY).orElseThrow(),
                      resource.metadata().fullName(),
                      resource.as(Kinds.GATEWAY));
                } else {
                  tx.set(
                      pilot.source(Kinds.SECRET).orElseThrow(),
                      resource.metadata().fullName(),
                      resource.as(Kinds.SECRET));
                }
              });
    }
  }

  @Test
  void answersNobodyBeforeTheFirstConfiguration() {
    registry.open(proxy(Optional.empty()), got::add);

    assertThat(got).isEmpty();
    registry.admit();
    assertThat(got).hasSize(1);
  }

  @Test
  void refusesAProxyThatAsksForAnother() {
    Optional<String> other = Optional.of("spiffe://cluster.local/ns/edge/sa/somebody");

    assertThatThrownBy(() -> registry.open(proxy(other), got::add))
        .isInstanceOf(StatusRuntimeException.class)
        .hasMessageContaining("PERMISSION_DENIED")
        .hasMessageContaining("a proxy may only ask for itself");
  }

  @Test
  void givesKeysOnlyToThoseWhoHaveShownWhoTheyAre() {
    registry.admit();
    apply(GATEWAY);
    List<ProxySnapshot> anonymous = new ArrayList<>();

    registry.open(proxy(Optional.of(IDENTITY)), got::add);
    registry.open(proxy(Optional.empty()), anonymous::add);

    assertThat(got.getLast().secrets()).containsOnlyKeys("kubernetes://web-cert");
    assertThat(anonymous.getLast().listeners()).containsKey("0.0.0.0_443");
    assertThat(anonymous.getLast().secrets()).isEmpty();
  }

  @Test
  void aClosedStreamGetsNothingAndIsForgotten() throws Exception {
    registry.admit();
    AutoCloseable stream = registry.open(proxy(Optional.of(IDENTITY)), got::add);
    stream.close();
    int before = got.size();

    apply(GATEWAY);

    assertThat(got).hasSize(before);
    assertThat(registry.states()).isEmpty();
  }
}
