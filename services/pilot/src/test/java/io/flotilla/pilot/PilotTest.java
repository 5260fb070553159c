// SPDX-License-Identifier: Apache-2.0
package io.flotilla.pilot;

import static io.restassured.RestAssured.given;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.notNullValue;

import io.flotilla.contract.pilot.ListProxiesRequest;
import io.flotilla.contract.pilot.ProxyStatus;
import io.flotilla.contract.pilot.ProxyStatusServiceGrpc;
import io.flotilla.model.endpoint.Locality;
import io.flotilla.model.node.ProxyNode;
import io.flotilla.shell.MeshEvent;
import io.flotilla.xds.client.RawAdsClient;
import io.grpc.netty.NettyChannelBuilder;
import io.quarkus.grpc.GrpcClient;
import io.quarkus.test.common.WithTestResource;
import io.quarkus.test.junit.QuarkusTest;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

@QuarkusTest
@WithTestResource(FakeGalley.class)
class PilotTest {
  private static final String CDS = "type.googleapis.com/envoy.config.cluster.v3.Cluster";
  private static final String EDS =
      "type.googleapis.com/envoy.config.endpoint.v3.ClusterLoadAssignment";
  private static final String LDS = "type.googleapis.com/envoy.config.listener.v3.Listener";
  private static final String RDS = "type.googleapis.com/envoy.config.route.v3.RouteConfiguration";

  private static final String SERVICES =
      """
      apiVersion: v1
      kind: Service
      metadata: {name: reviews, namespace: default}
      spec: {selector: {app: reviews}, ports: [{name: http, port: 9080}]}
      ---
      apiVersion: networking.istio.io/v1
      kind: WorkloadEntry
      metadata: {name: reviews-v1, namespace: default}
      spec: {address: 127.10.0.3, serviceAccount: reviews, labels: {app: reviews, version: v1, security.istio.io/tlsMode: istio}}
      ---
      apiVersion: networking.istio.io/v1
      kind: DestinationRule
      metadata: {name: reviews, namespace: default}
      spec: {host: reviews, subsets: [{name: v1, labels: {version: v1}}]}
      """;

  private final Pilot pilot;
  private final ProxyEventsRecorder events;
  private final List<RawAdsClient> clients = new ArrayList<>();

  @GrpcClient("pilot")
  ProxyStatusServiceGrpc.ProxyStatusServiceBlockingStub status;

  PilotTest(Pilot pilot, ProxyEventsRecorder events) {
    this.pilot = pilot;
    this.events = events;
  }

  @AfterEach
  void disconnect() {
    clients.forEach(RawAdsClient::close);
  }

  /** One response that a proxy got. */
  private record Got(String type, Set<String> changed, List<String> removed) {}

  /** A proxy that takes everything. */
  private final class Proxy implements RawAdsClient.Handler {
    final List<Got> got = new CopyOnWriteArrayList<>();
    final Map<String, Set<String>> names = new ConcurrentHashMap<>();

    @Override
    public Map<String, String> received(
        String typeUrl,
        Map<String, RawAdsClient.Received> changed,
        List<String> removed,
        long revision) {
      got.add(new Got(typeUrl, Set.copyOf(changed.keySet()), List.copyOf(removed)));
      names.computeIfAbsent(typeUrl, t -> ConcurrentHashMap.newKeySet()).addAll(changed.keySet());
      return Map.of();
    }
  }

  private Proxy connect(String name) {
    ProxyNode node =
        ProxyNode.parse(
            "sidecar~127.10.0.9~" + name + ".default~default.svc.cluster.local",
            "",
            Locality.NONE,
            "flotilla 0.1.0",
            Map.of("INTERCEPTION_MODE", "NONE", "LABELS", Map.of("app", name)),
            Set.of());
    Proxy proxy = new Proxy();
    RawAdsClient client =
        new RawAdsClient(
            () ->
                NettyChannelBuilder.forAddress("127.0.0.1", pilot.plaintextPort().orElseThrow())
                    .usePlaintext()
                    .build(),
            node,
            proxy);
    clients.add(client);
    client.start();
    client.subscribeAll(List.of(CDS, LDS));
    client.subscribe(RDS, Set.of("http_proxy"));
    client.subscribe(
        EDS,
        Set.of(
            "outbound|9080||reviews.default.svc.cluster.local",
            "outbound|9080|v1|reviews.default.svc.cluster.local"));
    return proxy;
  }

  private void apply(String yaml) {
    long revision = FakeGalley.running().publish(yaml);
    await()
        .untilAsserted(
            () -> assertThat(pilot.source().revision()).isGreaterThanOrEqualTo(revision));
  }

  @Test
  void oneVirtualServiceChangesOneRouteConfigurationOnly() {
    apply(SERVICES);
    Proxy proxy = connect("editor");
    await()
        .untilAsserted(
            () -> {
              assertThat(proxy.names).containsKeys(CDS, EDS, LDS, RDS);
              assertThat(proxy.names.get(CDS))
                  .contains("outbound|9080|v1|reviews.default.svc.cluster.local");
              assertThat(proxy.names.get(LDS)).contains("127.10.0.9_15007");
            });
    int before = proxy.got.size();

    apply(
        """
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: reviews, namespace: default}
        spec: {hosts: [reviews], http: [{route: [{destination: {host: reviews, subset: v1}}]}]}
        """);

    await().untilAsserted(() -> assertThat(proxy.got.size()).isGreaterThan(before));
    assertThat(proxy.got.subList(before, proxy.got.size()))
        .containsExactly(new Got(RDS, Set.of("http_proxy"), List.of()));
  }

  @Test
  void tellsByGrpcWhatEachProxyHasAcknowledged() {
    apply(SERVICES);
    connect("known");

    await()
        .untilAsserted(
            () -> {
              ProxyStatus known =
                  status
                      .listProxies(ListProxiesRequest.getDefaultInstance())
                      .getProxiesList()
                      .stream()
                      .filter(p -> p.getNodeId().contains("~known."))
                      .findFirst()
                      .orElseThrow();
              assertThat(known.getAcknowledgedRevision())
                  .isPositive()
                  .isEqualTo(known.getSentRevision());
              assertThat(known.getUserAgent()).isEqualTo("flotilla 0.1.0");
            });
  }

  @Test
  void tellsByEventsWhichConfigurationEachProxyRuns() {
    apply(SERVICES);
    Proxy proxy = connect("watched");
    long revision = FakeGalley.running().publish(SERVICES);

    await()
        .untilAsserted(
            () ->
                assertThat(
                        events.about(
                            "sidecar~127.10.0.9~watched.default~default.svc.cluster.local"))
                    .extracting(MeshEvent::type)
                    .contains("io.flotilla.proxy.connected", "io.flotilla.proxy.acknowledged"));
    assertThat(proxy.names).isNotEmpty();
    assertThat(events.about("sidecar~127.10.0.9~watched.default~default.svc.cluster.local"))
        .last()
        .satisfies(
            event -> assertThat(event.data().path("configRevision").asLong()).isEqualTo(revision));
  }

  @Test
  void answersIstiosDebugEndpoints() {
    apply(SERVICES);
    connect("debugged");
    await()
        .untilAsserted(
            () ->
                given()
                    .get("/pilot/debug/syncz")
                    .then()
                    .statusCode(200)
                    .body("proxy", hasItem("debugged.default")));

    given()
        .get("/pilot/debug/config_dump?proxyID=debugged.default")
        .then()
        .statusCode(200)
        .body("listeners.name", hasItem("127.10.0.9_15007"));
    given().get("/pilot/debug/config_dump?proxyID=nobody").then().statusCode(404);
    given().get("/pilot/debug/config_dump").then().statusCode(400);
    given()
        .get("/pilot/debug/registryz")
        .then()
        .body("host", hasItem("reviews.default.svc.cluster.local"));
    given()
        .get("/pilot/debug/endpointz")
        .then()
        .body("service", hasItem("reviews.default.svc.cluster.local"));
    given().get("/pilot/debug/adsz").then().body("totalClients", greaterThan(0));
  }

  @Test
  void namesWhatAVirtualServiceAsksForInVain() {
    apply(SERVICES);
    apply(
        """
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: lost, namespace: default}
        spec: {hosts: [lost.example.com], http: [{route: [{destination: {host: reviews, subset: v9}}]}]}
        """);

    given()
        .get("/pilot/debug/problems")
        .then()
        .statusCode(200)
        .body("'default/lost'[0].code", equalTo("MissingSubset"));
  }

  @Test
  void tellsWhoMadeARevisionAndLeavesOutWhatIsNoEvent() {
    events.tell("{}");
    events.tell(
        MeshEvent.of(
                "io.flotilla.config.accepted",
                "/galley",
                "VirtualService default/reviews",
                Map.of(
                    "revision",
                    900_001,
                    "author",
                    "jane",
                    "cause",
                    "reviews.yaml changed",
                    "objects",
                    List.of(Map.of("object", "VirtualService default/reviews", "change", "added"))))
            .toJson());
    events.tell(
        MeshEvent.of(
                "io.flotilla.config.rejected",
                "/galley",
                "bad.yaml",
                Map.of("revision", 900_001, "author", "jane", "cause", "reviews.yaml changed"))
            .toJson());

    await()
        .untilAsserted(
            () ->
                given()
                    .get("/pilot/debug/revisions")
                    .then()
                    .statusCode(200)
                    .body("[0].revision", equalTo(900_001))
                    .body("[0].author", equalTo("jane"))
                    .body("[0].applied", equalTo(false))
                    .body("[0].objects", hasItem("VirtualService default/reviews"))
                    .body("[0].rejected", hasItem("bad.yaml")));
  }

  @Test
  void isReadyWithAConfigurationAndDescribesItself() {
    apply(SERVICES);

    given().get("/q/health/ready").then().statusCode(200).body("status", equalTo("UP"));
    given().get("/q/metrics").then().statusCode(200);
    given()
        .accept("application/json")
        .get("/q/openapi?format=json")
        .then()
        .statusCode(200)
        .body("paths.'/pilot/debug/syncz'", notNullValue());
  }
}
