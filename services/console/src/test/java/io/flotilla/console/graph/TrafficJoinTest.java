// SPDX-License-Identifier: Apache-2.0
package io.flotilla.console.graph;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import io.flotilla.console.FakePeers;
import io.flotilla.console.peer.Answer;
import io.flotilla.contract.galley.ListResponse;
import io.flotilla.contract.galley.ObjectSummary;
import io.flotilla.contract.pilot.ListProxiesResponse;
import io.flotilla.contract.pilot.ProxyStatus;
import io.flotilla.contract.telemetry.Edge;
import io.flotilla.contract.telemetry.GetGraphResponse;
import io.flotilla.contract.telemetry.Workload;
import org.junit.jupiter.api.Test;

class TrafficJoinTest {
  private static final Answer<ListProxiesResponse> NO_PILOT = new Answer.Missing<>("Pilot is away");

  private final TrafficJoin join = new TrafficJoin(100, 100);

  @Test
  void drawsCallersOutsideTheMeshWorkloadsAndHostsOutsideAsTheirKinds() {
    MeshGraph graph =
        join.join(60, new Answer.Given<>(FakePeers.shop(30)), NO_PILOT, ConfigIndex.EMPTY);

    assertThat(node(graph, "outside").kind()).isEqualTo(MeshGraph.Kind.OUTSIDE);
    assertThat(node(graph, "external/www.googleapis.com").kind())
        .isEqualTo(MeshGraph.Kind.EXTERNAL);
    assertThat(node(graph, "workload/istio-system/istio-ingressgateway").kind())
        .isEqualTo(MeshGraph.Kind.GATEWAY);
    MeshGraph.Node reviews = node(graph, "workload/default/reviews-v2");
    assertThat(reviews.kind()).isEqualTo(MeshGraph.Kind.WORKLOAD);
    assertThat(reviews.app()).isEqualTo("reviews");
    assertThat(reviews.version()).isEqualTo("v2");
    assertThat(reviews.requestRate()).isCloseTo(10, within(1e-9));
    assertThat(reviews.errorRate()).isCloseTo(0.02, within(1e-9));
  }

  @Test
  void leavesOutAVersionThatIstioMadeUp() {
    MeshGraph graph =
        join.join(60, new Answer.Given<>(FakePeers.shop(1)), NO_PILOT, ConfigIndex.EMPTY);

    assertThat(node(graph, "workload/istio-system/istio-egressgateway").version()).isEmpty();
  }

  @Test
  void drawsAServiceForWhichNobodyAnsweredAsTheService() {
    Edge failed =
        Edge.newBuilder()
            .setSource(workload("default", "productpage-v1"))
            .setDestination(workload("unknown", "unknown"))
            .setDestinationService("reviews.default.svc.cluster.local")
            .setProtocol("http")
            .setRequestRate(2)
            .setErrorRate(1)
            .setP50Millis(Double.NaN)
            .setP99Millis(Double.NaN)
            .build();

    MeshGraph graph =
        join.join(
            10,
            new Answer.Given<>(GetGraphResponse.newBuilder().addEdges(failed).build()),
            NO_PILOT,
            ConfigIndex.EMPTY);

    MeshGraph.Node service = node(graph, "service/reviews.default");
    assertThat(service.kind()).isEqualTo(MeshGraph.Kind.SERVICE);
    assertThat(service.name()).isEqualTo("reviews");
    assertThat(service.namespace()).isEqualTo("default");
    assertThat(graph.edges().getFirst().p50Millis()).isNull();
  }

  @Test
  void showsTheWorstStateOfAWorkloadsProxiesAndThoseWithoutTraffic() {
    ListProxiesResponse proxies =
        ListProxiesResponse.newBuilder()
            .addProxies(proxy("reviews-v1", 4, 4))
            .addProxies(proxy("reviews-v1", 4, 3))
            .addProxies(proxy("idle-v1", 4, 4).toBuilder().addRefused("x y: z"))
            .build();

    MeshGraph graph =
        join.join(
            60,
            new Answer.Given<>(FakePeers.shop(1)),
            new Answer.Given<>(proxies),
            ConfigIndex.EMPTY);

    MeshGraph.Proxy reviews = node(graph, "workload/default/reviews-v1").proxy();
    assertThat(reviews).isNotNull();
    assertThat(reviews.count()).isEqualTo(2);
    assertThat(reviews.state()).isEqualTo(MeshGraph.ProxyState.LAGGING);
    assertThat(reviews.acknowledgedRevision()).isEqualTo(3);
    MeshGraph.Proxy idle = node(graph, "workload/default/idle-v1").proxy();
    assertThat(idle).isNotNull();
    assertThat(idle.state()).isEqualTo(MeshGraph.ProxyState.REFUSED);
    assertThat(node(graph, "workload/default/details-v1").proxy()).isNull();
  }

  @Test
  void namesTheObjectsThatNameAService() {
    ConfigIndex index =
        ConfigIndex.of(
            ListResponse.newBuilder()
                .addObjects(object("VirtualService", "a", "{\"spec\":{\"hosts\":[\"reviews\"]}}"))
                .addObjects(
                    object(
                        "DestinationRule",
                        "b",
                        "{\"spec\":{\"host\":\"reviews.default.svc.cluster.local\"}}"))
                .addObjects(object("VirtualService", "c", "{\"spec\":{\"hosts\":[\"*\"]}}"))
                .addObjects(object("VirtualService", "d", "no JSON"))
                .addObjects(object("VirtualService", "e", "{\"spec\":{\"hosts\":[\"ratings\"]}}"))
                .build());

    MeshGraph graph = join.join(60, new Answer.Given<>(FakePeers.shop(1)), NO_PILOT, index);

    assertThat(node(graph, "workload/default/reviews-v1").configuration())
        .extracting(MeshGraph.ConfigObject::name)
        .containsExactly("b", "a");
  }

  @Test
  void keepsTheBusiestWithinTheLimits() {
    MeshGraph graph =
        new TrafficJoin(3, 4)
            .join(60, new Answer.Given<>(FakePeers.shop(1)), NO_PILOT, ConfigIndex.EMPTY);

    assertThat(graph.truncated()).isTrue();
    assertThat(graph.nodes()).hasSize(3);
    assertThat(graph.edges()).hasSize(2);
    assertThat(graph.edges())
        .allSatisfy(edge -> assertThat(edge.requestRate()).isCloseTo(1, within(1e-9)));
  }

  @Test
  void saysWhyThereIsNoTraffic() {
    MeshGraph graph =
        join.join(
            60,
            new Answer.Missing<>("Telemetry is away"),
            new Answer.Given<>(
                ListProxiesResponse.newBuilder().addProxies(proxy("a-v1", 1, 1)).build()),
            ConfigIndex.EMPTY);

    assertThat(graph.problem()).isEqualTo("Telemetry is away");
    assertThat(graph.edges()).isEmpty();
    assertThat(graph.nodes()).hasSize(1);
  }

  private static MeshGraph.Node node(MeshGraph graph, String id) {
    return graph.nodes().stream().filter(n -> n.id().equals(id)).findFirst().orElseThrow();
  }

  private static Workload workload(String namespace, String name) {
    return Workload.newBuilder().setNamespace(namespace).setName(name).build();
  }

  private static ProxyStatus proxy(String workload, long sent, long acknowledged) {
    return ProxyStatus.newBuilder()
        .setNamespace("default")
        .setWorkload(workload)
        .setType("sidecar")
        .setSentRevision(sent)
        .setAcknowledgedRevision(acknowledged)
        .build();
  }

  private static ObjectSummary object(String kind, String name, String json) {
    return ObjectSummary.newBuilder()
        .setApiVersion("networking.istio.io/v1")
        .setKind(kind)
        .setNamespace("default")
        .setName(name)
        .setJson(json)
        .build();
  }
}
