// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.model.node.ProxyNode;
import io.flotilla.model.snapshot.ProxySnapshot;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** One edit in a mesh of some size moves what it concerns and leaves the rest alone. */
class ScaleTest {
  private static final int SERVICES = 300;
  private static final int WORKLOADS = 30;
  private static final int REPLICAS = 5;

  @Test
  void anEditMovesOneVirtualHostOfEachScopeAndNothingElse() {
    MeshFixture mesh = new MeshFixture();
    StringBuilder yaml = new StringBuilder();
    for (int i = 0; i < SERVICES; i++) {
      yaml.append(
          """
          apiVersion: v1
          kind: Service
          metadata: {name: s%1$d}
          spec: {selector: {app: s%1$d}, clusterIP: 10.1.%2$d.%3$d, ports: [{name: http, port: 80}, {name: tcp, port: 9000}]}
          ---
          apiVersion: networking.istio.io/v1
          kind: WorkloadEntry
          metadata: {name: s%1$d}
          spec: {address: 10.2.%2$d.%3$d, labels: {app: s%1$d}}
          ---
          """
              .formatted(i, i / 250, i % 250 + 1));
    }
    mesh.apply(yaml.toString());
    List<ProxyNode> nodes = new ArrayList<>();
    List<ProxySnapshot> before = new ArrayList<>();
    for (int w = 0; w < WORKLOADS; w++) {
      for (int r = 0; r < REPLICAS; r++) {
        nodes.add(
            MeshFixture.node(
                "sidecar",
                "10.2." + w / 250 + "." + (w % 250 + 1),
                "s" + w + "-" + r,
                Map.of("app", "s" + w),
                Map.of()));
        before.add(mesh.connect(nodes.getLast()));
      }
    }

    long start = System.nanoTime();
    mesh.apply(
        """
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: s7}
        spec: {hosts: [s7], http: [{timeout: 3s, route: [{destination: {host: s7, port: {number: 80}}}]}]}
        """);
    Duration took = Duration.ofNanos(System.nanoTime() - start);

    System.out.printf(
        "one edit, %d services, %d proxies: %d ms%n", SERVICES, nodes.size(), took.toMillis());
    for (int i = 0; i < nodes.size(); i++) {
      ProxySnapshot after = mesh.snapshot(nodes.get(i));
      assertThat(after.routes().get("80")).isNotEqualTo(before.get(i).routes().get("80"));
      assertThat(after.clusters()).isEqualTo(before.get(i).clusters());
      assertThat(after.listeners()).isEqualTo(before.get(i).listeners());
      assertThat(after.endpoints()).isEqualTo(before.get(i).endpoints());
    }
  }
}
