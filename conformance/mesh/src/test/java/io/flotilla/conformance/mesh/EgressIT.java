// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.mesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.sun.net.httpserver.HttpServer;
import io.flotilla.conformance.mesh.OutsideHost.Certified;
import io.flotilla.conformance.mesh.OutsideHost.Visit;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ProxySelector;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.atomic.AtomicBoolean;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/**
 * A host outside the mesh is reached only through the egress gateway, which originates TLS: the
 * arrangement of upstream's task "Egress Gateways with TLS Origination", with a server of the test
 * in the place of the outside host.
 */
@ExtendWith(SharedMesh.class)
class EgressIT {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final Duration CHANGE = Duration.ofSeconds(20);
  private static final Duration COLLECTED = Duration.ofSeconds(30);
  private static final int ROUNDS = 10;
  private static final String FILE = "egress.yaml";
  private static final String SECRET = "egress-secret.yaml";

  private final HttpClient client = HttpClient.newHttpClient();
  private final List<Visit> visits = new CopyOnWriteArrayList<>();
  private Certified certified;
  private OutsideHost outside;
  private RunningMesh mesh;
  private HttpClient inside;

  @BeforeEach
  void open(RunningMesh shared, @TempDir Path folder) throws Exception {
    mesh = shared;
    certified = Certified.in(folder);
    outside =
        OutsideHost.start(certified.store(), InetAddress.getLoopbackAddress(), 0, visits::add);
    inside =
        HttpClient.newBuilder()
            .version(HttpClient.Version.HTTP_1_1)
            .proxy(ProxySelector.of(new InetSocketAddress(mesh.proxyAddress(1), 15007)))
            .build();
  }

  @AfterEach
  void close() throws Exception {
    mesh.remove(FILE);
    mesh.remove(SECRET);
    outside.close();
    // What comes next must not find this test's routes.
    Eventually.within(CHANGE, () -> assertThat(status("/", "")).isEqualTo(502));
  }

  @Test
  void leavesOnlyThroughTheEgressGatewayWhichOriginatesTls() throws Exception {
    assertThat(status("/before", "")).as("a host that nobody declared").isEqualTo(502);

    mesh.apply(FILE, configuration("caCertificates: " + certified.root()));
    awaitAnswer();

    String trace = newTrace();
    assertThat(status("/traced", trace)).isEqualTo(200);
    assertThat(visits).extracting(Visit::path).contains("/politics", "/traced");
    assertThat(visits).extracting(Visit::path).doesNotContain("/before");
    Eventually.within(
        COLLECTED,
        () ->
            assertThat(services(trace))
                .as("the services of the trace's spans")
                .contains("productpage.default", "istio-egressgateway.istio-system"));
  }

  @Test
  void showsTheWayThroughTheEgressGatewayInTheGraph() throws Exception {
    assumeThat(RunningMesh.dataplane())
        .as("upstream's Envoy has no istio.stats, so there is no graph")
        .isEqualTo("flotilla");
    mesh.apply(FILE, configuration("caCertificates: " + certified.root()));
    awaitAnswer();

    Eventually.within(
        COLLECTED,
        () -> {
          assertThat(status("/politics", "")).isEqualTo(200);
          List<String> edges = answeredEdges();
          assertThat(edges)
              .contains(
                  "productpage-v1 > istio-egressgateway"
                      + " (istio-egressgateway.istio-system.svc.cluster.local)")
              .anyMatch(
                  edge ->
                      edge.startsWith("istio-egressgateway > ")
                          && edge.endsWith("(" + OutsideHost.NAME + ")"))
              .noneMatch(
                  edge -> edge.startsWith("productpage-v1") && edge.contains(OutsideHost.NAME));
        });
  }

  @Test
  void refusesAnOutsideHostThatAnotherCaCertified(@TempDir Path folder) throws Exception {
    Certified other = Certified.in(folder);
    mesh.apply(FILE, configuration("caCertificates: " + other.root()));

    Eventually.within(CHANGE, () -> assertThat(status("/politics", "")).isEqualTo(503));
    assertThat(visits).isEmpty();

    mesh.apply(FILE, configuration("caCertificates: " + certified.root()));
    awaitAnswer();
  }

  @Test
  void neverGoesTheOtherWayWhileTheFileComesAndGoes() throws Exception {
    List<String> strays = new CopyOnWriteArrayList<>();
    HttpServer plain =
        HttpServer.create(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0), 0);
    plain.createContext(
        "/",
        exchange -> {
          strays.add(exchange.getRequestURI().getPath());
          exchange.sendResponseHeaders(200, -1);
          exchange.close();
        });
    plain.start();
    AtomicBoolean done = new AtomicBoolean();
    Thread caller =
        Thread.ofVirtual()
            .start(
                () -> {
                  while (!done.get()) {
                    try {
                      status("/always", "");
                    } catch (Exception e) {
                      strays.add(e.toString());
                    }
                  }
                });
    try {
      for (int round = 0; round < ROUNDS; round++) {
        mesh.apply(
            FILE,
            OutsideHost.configuration(
                "127.0.0.1",
                plain.getAddress().getPort(),
                outside.port(),
                "caCertificates: " + certified.root()));
        awaitAnswer();
        mesh.remove(FILE);
        Eventually.within(CHANGE, () -> assertThat(status("/", "")).isEqualTo(502));
      }
    } finally {
      done.set(true);
      caller.join();
      plain.stop(0);
    }
    assertThat(visits).isNotEmpty();
    assertThat(strays).as("requests past the egress gateway").isEmpty();
  }

  @Test
  void trustsTheRootsOfASecret() throws Exception {
    mesh.apply(
        SECRET,
        """
        apiVersion: v1
        kind: Secret
        metadata:
          name: outside-roots
          namespace: istio-system
        stringData:
          ca.crt: |
        """
            + Files.readString(certified.root()).indent(4));
    mesh.apply(FILE, configuration("credentialName: outside-roots"));

    awaitAnswer();
  }

  private String configuration(String tls) {
    return OutsideHost.configuration("127.0.0.1", outside.port(), tls);
  }

  private void awaitAnswer() throws Exception {
    Eventually.within(
        CHANGE,
        () -> {
          HttpResponse<String> response = get("/politics", "");
          assertThat(response.statusCode()).as(response.body()).isEqualTo(200);
          assertThat(response.body()).isEqualTo(OutsideHost.ANSWER);
        });
  }

  private int status(String path, String trace) throws Exception {
    return get(path, trace).statusCode();
  }

  /** A request of an application that calls the outside host by plain HTTP. */
  private HttpResponse<String> get(String path, String trace) throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://" + OutsideHost.NAME + path))
            .timeout(Duration.ofSeconds(10));
    if (!trace.isEmpty()) {
      request.header("traceparent", "00-" + trace + "-00f067aa0ba902b7-01");
    }
    return inside.send(request.build(), BodyHandlers.ofString());
  }

  private static String newTrace() {
    byte[] id = new byte[16];
    ThreadLocalRandom.current().nextBytes(id);
    return HexFormat.of().formatHex(id);
  }

  private List<String> services(String trace) throws Exception {
    List<String> services = new ArrayList<>();
    for (JsonNode process :
        json(mesh.control(16686).resolve("/api/traces/" + trace)).at("/data/0/processes")) {
      services.add(process.path("serviceName").asText());
    }
    return services;
  }

  /** "source > destination (service)" of the edges on which requests succeeded. */
  private List<String> answeredEdges() throws Exception {
    List<String> edges = new ArrayList<>();
    for (JsonNode edge :
        json(mesh.control(20001).resolve("/telemetry/api/graph?window=60")).path("edges")) {
      if (edge.path("responses").has("200")) {
        edges.add(
            edge.at("/source/name").asText()
                + " > "
                + edge.at("/destination/name").asText()
                + " ("
                + edge.path("destinationService").asText()
                + ")");
      }
    }
    return edges;
  }

  private JsonNode json(URI uri) throws Exception {
    return JSON.readTree(
        client.send(HttpRequest.newBuilder(uri).build(), BodyHandlers.ofString()).body());
  }
}
