// SPDX-License-Identifier: Apache-2.0
package io.flotilla.galley;

import static io.restassured.RestAssured.given;
import static io.restassured.RestAssured.when;
import static org.assertj.core.api.Assertions.assertThat;
import static org.awaitility.Awaitility.await;
import static org.hamcrest.Matchers.containsString;
import static org.hamcrest.Matchers.equalTo;
import static org.hamcrest.Matchers.greaterThan;
import static org.hamcrest.Matchers.hasItem;
import static org.hamcrest.Matchers.hasSize;

import com.google.protobuf.InvalidProtocolBufferException;
import com.google.protobuf.Struct;
import io.flotilla.api.Kind;
import io.flotilla.api.Kinds;
import io.flotilla.contract.galley.ConfigurationGrpc;
import io.flotilla.contract.galley.ListRequest;
import io.flotilla.contract.galley.ListResponse;
import io.flotilla.contract.mcp.Resource;
import io.flotilla.shell.MeshEvent;
import io.flotilla.xds.client.RawAdsClient;
import io.grpc.ManagedChannel;
import io.grpc.netty.NettyChannelBuilder;
import io.quarkus.test.common.QuarkusTestResource;
import io.quarkus.test.junit.QuarkusTest;
import jakarta.inject.Inject;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.eclipse.microprofile.config.inject.ConfigProperty;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** From a file to Pilot's stream, to events and to people. */
@QuarkusTest
@QuarkusTestResource(GalleyFolders.class)
class GalleyTest {
  private static final Duration SOON = Duration.ofSeconds(10);
  private static final String GOOD =
      """
      apiVersion: networking.istio.io/v1
      kind: VirtualService
      metadata:
        name: reviews
      spec:
        hosts: [reviews]
        http:
        - timeout: 3s
          route:
          - destination: {host: reviews, subset: v1}
      """;
  private static final String SERVICE =
      """
      apiVersion: v1
      kind: Service
      metadata: {name: details}
      spec: {ports: [{name: http, port: 9080}]}
      """;

  @Inject Galley galley;
  @Inject RecordedEvents events;

  @ConfigProperty(name = GalleyFolders.DIR)
  Path dir;

  @ConfigProperty(name = "quarkus.http.test-port")
  int httpPort;

  @AfterEach
  void clear() throws IOException {
    try (Stream<Path> files = Files.list(dir)) {
      for (Path file : files.toList()) {
        Files.delete(file);
      }
    }
    await()
        .atMost(SOON)
        .untilAsserted(
            () -> {
              assertThat(galley.current().objects()).isEmpty();
              assertThat(galley.current().rejections()).isEmpty();
            });
  }

  @Test
  void servesASavedFileByMcp() throws Exception {
    try (McpClient client = new McpClient(galley.mcpPort().orElseThrow())) {
      await()
          .atMost(SOON)
          .untilAsserted(
              () ->
                  assertThat(client.answered)
                      .containsAll(Kinds.all().stream().map(Kind::typeUrl).toList()));

      write("reviews.yaml", GOOD);

      await()
          .atMost(SOON)
          .untilAsserted(
              () ->
                  assertThat(client.held)
                      .containsKey("networking.istio.io/v1/VirtualService default/reviews"));
      Resource resource = client.held.get("networking.istio.io/v1/VirtualService default/reviews");
      assertThat(resource.getMetadata().getName()).isEqualTo("default/reviews");
      assertThat(resource.getMetadata().getAnnotationsMap())
          .containsEntry("flotilla.io/origin", "reviews.yaml:1");
      Struct body = resource.getBody().unpack(Struct.class);
      assertThat(
              body.getFieldsOrThrow("spec")
                  .getStructValue()
                  .getFieldsOrThrow("hosts")
                  .getListValue()
                  .getValues(0)
                  .getStringValue())
          .isEqualTo("reviews");
      assertThat(body.getFieldsMap()).doesNotContainKey("metadata");

      Files.delete(dir.resolve("reviews.yaml"));

      await().atMost(SOON).untilAsserted(() -> assertThat(client.held).isEmpty());
    }
  }

  @Test
  void refusesABadDocumentAndKeepsItsNeighboursAndTheLastGoodVersion() throws IOException {
    write("all.yaml", GOOD + "---\n" + SERVICE);
    await().atMost(SOON).untilAsserted(() -> assertThat(galley.current().objects()).hasSize(2));
    long before = galley.current().revision();

    write("all.yaml", GOOD.replace("timeout: 3s", "tiemout: 9s") + "---\n" + SERVICE);

    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                when()
                    .get("/galley/api/rejections")
                    .then()
                    .statusCode(200)
                    .body("", hasSize(1))
                    .body("[0].file", equalTo("all.yaml"))
                    .body("[0].line", equalTo(8))
                    .body("[0].object", equalTo("VirtualService default/reviews"))
                    .body("[0].inForce", equalTo(true))
                    .body(
                        "[0].reason",
                        equalTo("spec.http[0].tiemout: unknown field; did you mean 'timeout'?")));
    when()
        .get("/galley/api/objects?kind=VirtualService")
        .then()
        .body("[0].lastGood", equalTo(true))
        .body("[0].document.spec.http[0].timeout", equalTo("3s"));
    when().get("/galley/api/objects?kind=Service").then().body("[0].name", equalTo("details"));
    assertThat(galley.current().revision()).isGreaterThan(before);
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(events.all())
                    .anySatisfy(
                        event -> {
                          assertThat(event.type()).isEqualTo("io.flotilla.config.rejected");
                          assertThat(event.data().path("line").asInt()).isEqualTo(8);
                          assertThat(event.subject()).isEqualTo("VirtualService default/reviews");
                        }));
  }

  @Test
  void tellsAReferenceThatLeadsNowhereAsAWarning() throws IOException {
    write("reviews.yaml", GOOD);

    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                when()
                    .get("/galley/api/warnings")
                    .then()
                    .body("code", hasItem("IST0101"))
                    .body("message", hasItem("Referenced host not found: \"reviews\"")));
  }

  @Test
  void letsTheLaterOfTwoFilesCountAndGoesBackWhenItIsRemoved() throws IOException {
    write("a.yaml", GOOD);
    await().atMost(SOON).untilAsserted(() -> assertThat(timeout()).isEqualTo("3s"));

    write("b.yaml", GOOD.replace("3s", "5s"));
    await().atMost(SOON).untilAsserted(() -> assertThat(timeout()).isEqualTo("5s"));

    Files.delete(dir.resolve("b.yaml"));
    await().atMost(SOON).untilAsserted(() -> assertThat(timeout()).isEqualTo("3s"));
    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                assertThat(events.all())
                    .extracting(MeshEvent::type)
                    .contains("io.flotilla.config.accepted", "io.flotilla.config.rolledback"));
    when()
        .get("/galley/api/history?limit=1")
        .then()
        .body("[0].cause", equalTo("b.yaml was removed"))
        .body("[0].changes[0].change", equalTo("rolled_back"));
  }

  @Test
  void validatesWithoutTakingUp() {
    given()
        .body(GOOD.replace("VirtualService", "VirtualServce"))
        .post("/galley/api/validate")
        .then()
        .statusCode(200)
        .body("valid", equalTo(false))
        .body("findings[0].line", equalTo(2))
        .body("findings[0].message", containsString("did you mean 'VirtualService'?"));
    given()
        .body(GOOD)
        .post("/galley/api/validate")
        .then()
        .body("valid", equalTo(true))
        .body("findings.code", hasItem("IST0101"));
    assertThat(galley.current().objects()).isEmpty();
  }

  @Test
  void hidesTheValuesOfSecrets() throws IOException {
    write(
        "secret.yaml",
        "apiVersion: v1\nkind: Secret\nmetadata: {name: tls}\ndata: {tls.key: c2VjcmV0}\n");
    await().atMost(SOON).untilAsserted(() -> assertThat(galley.current().objects()).hasSize(1));

    assertThat(when().get("/galley/api/objects").asString())
        .contains("tls.key")
        .doesNotContain("c2VjcmV0");
    assertThat(when().get("/galley/api/history").asString()).doesNotContain("c2VjcmV0");
  }

  @Test
  void countsTheProxiesThatRunTheRevision() throws IOException {
    write("reviews.yaml", GOOD);
    await().atMost(SOON).untilAsserted(() -> assertThat(galley.current().objects()).hasSize(1));
    long revision = galley.current().revision();
    events.fromPilot(MeshEvent.of("io.flotilla.proxy.connected", "/pilot", "sidecar~1", Map.of()));
    events.fromPilot(MeshEvent.of("io.flotilla.proxy.connected", "/pilot", "sidecar~2", Map.of()));
    events.fromPilot(
        MeshEvent.of(
            "io.flotilla.proxy.acknowledged",
            "/pilot",
            "sidecar~2",
            Map.of("configRevision", revision)));

    await()
        .atMost(SOON)
        .untilAsserted(
            () ->
                when()
                    .get("/galley/api/status")
                    .then()
                    .body("programmed.proxies", equalTo(1))
                    .body("programmed.connected", equalTo(2)));
  }

  @Test
  void listsByGrpc() throws Exception {
    write("reviews.yaml", GOOD);
    await().atMost(SOON).untilAsserted(() -> assertThat(galley.current().objects()).hasSize(1));
    ManagedChannel channel =
        NettyChannelBuilder.forAddress("127.0.0.1", httpPort).usePlaintext().build();
    try {
      ListResponse answer =
          ConfigurationGrpc.newBlockingStub(channel)
              .withDeadlineAfter(10, TimeUnit.SECONDS)
              .list(ListRequest.newBuilder().setKind("VirtualService").build());
      assertThat(answer.getObjectsList())
          .singleElement()
          .satisfies(
              object -> {
                assertThat(object.getName()).isEqualTo("reviews");
                assertThat(object.getOrigin()).isEqualTo("reviews.yaml:1");
              });
    } finally {
      channel.shutdownNow().awaitTermination(5, TimeUnit.SECONDS);
    }
  }

  @Test
  void answersHealthMetricsAndOpenApi() {
    when().get("/q/health/ready").then().statusCode(200).body("status", equalTo("UP"));
    when()
        .get("/q/metrics")
        .then()
        .statusCode(200)
        .body(containsString("flotilla_galley_revision"));
    when().get("/q/openapi").then().statusCode(200).body(containsString("/galley/api/objects"));
    when()
        .get("/galley/api/history?limit=0")
        .then()
        .statusCode(400)
        .body(containsString("limit must be from 1 to 1000"));
    when().get("/galley/api/status").then().body("revision", greaterThan(-1));
  }

  private String timeout() {
    return galley.current().objects().values().stream()
        .findFirst()
        .map(object -> object.resource().document().at("/spec/http/0/timeout").asText())
        .orElse("");
  }

  private void write(String name, String text) throws IOException {
    Files.writeString(dir.resolve(name), text);
  }

  /** What Pilot does, as far as this test needs it. */
  private static final class McpClient implements AutoCloseable, RawAdsClient.Handler {
    final Map<String, Resource> held = new ConcurrentHashMap<>();
    final Set<String> answered = ConcurrentHashMap.newKeySet();
    private final RawAdsClient client;

    McpClient(int port) {
      client =
          new RawAdsClient(
              () -> NettyChannelBuilder.forAddress("127.0.0.1", port).usePlaintext().build(),
              "pilot~test",
              Map.of(),
              this);
      client.start();
      client.subscribeAll(Kinds.all().stream().map(Kind::typeUrl).toList());
    }

    @Override
    public Map<String, String> received(
        String typeUrl,
        Map<String, RawAdsClient.Received> changed,
        List<String> removed,
        long revision) {
      changed.forEach(
          (name, received) -> {
            try {
              held.put(typeUrl + " " + name, received.body().unpack(Resource.class));
            } catch (InvalidProtocolBufferException e) {
              throw new IllegalStateException(e);
            }
          });
      removed.forEach(name -> held.remove(typeUrl + " " + name));
      answered.add(typeUrl);
      return Map.of();
    }

    @Override
    public void close() {
      client.close();
    }
  }
}
