// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.capture;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.conformance.mesh.Eventually;
import io.flotilla.conformance.mesh.RunningMesh;
import io.flotilla.conformance.mesh.SharedMesh;
import io.flotilla.conformance.mesh.Traffic;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** What only real interception shows: callers and servers that never heard of a proxy. */
@ExtendWith(SharedMesh.class)
class CaptureIT {
  private static final Duration CHANGE = Duration.ofSeconds(15);
  private static final int DETAILS = 2;
  private static final int RATINGS = 3;
  private static final int REVIEWS = 4;
  private static final int GREETER = 7000;
  private static final int MYSQL = 3306;

  private static final HttpClient CLIENT = HttpClient.newHttpClient();
  private RunningMesh mesh;

  @BeforeEach
  void join(RunningMesh shared) {
    mesh = shared;
  }

  @Test
  void interceptsACallerThatKnowsNoProxy() throws Exception {
    Namespace details = Namespace.of(mesh, DETAILS);

    assertThat(details.curl("http://ratings:9080/ratings/0")).isEqualTo("200");

    // The application of details never calls ratings: it was this request that was counted.
    Eventually.within(
        CHANGE,
        () -> {
          assertThat(stats(DETAILS))
              .anyMatch(
                  line ->
                      line.startsWith("istio_requests_total{reporter=\"source\"")
                          && line.contains("source_workload=\"details-v1\"")
                          && line.contains("destination_workload=\"ratings-v1\"")
                          && line.contains(
                              "destination_service=\"ratings.default.svc.cluster.local\"")
                          && line.contains("response_code=\"200\""));
          assertThat(stats(RATINGS))
              .anyMatch(
                  line ->
                      line.startsWith("istio_requests_total{reporter=\"destination\"")
                          && line.contains("source_workload=\"details-v1\"")
                          && line.contains("connection_security_policy=\"mutual_tls\""));
        });
  }

  @Test
  void routesByTheAddressOfTheService() throws Exception {
    String address = "10.134." + mesh.network() + ".70";
    mesh.apply("by-address.yaml", service("by-address", "reviews", address, "http-reviews", 9080));
    Namespace details = Namespace.of(mesh, DETAILS);

    Eventually.within(
        CHANGE,
        () -> assertThat(details.curl("http://" + address + ":9080/reviews/0")).isEqualTo("200"));

    Eventually.within(
        CHANGE,
        () ->
            assertThat(stats(DETAILS))
                .anyMatch(
                    line ->
                        line.startsWith("istio_requests_total{reporter=\"source\"")
                            && line.contains("destination_workload=\"reviews-v")
                            && line.contains(
                                "destination_service=\"by-address.default.svc.cluster.local\"")));
    mesh.remove("by-address.yaml");
  }

  @Test
  void refusesPlaintextFromOutsideTheMeshWhereMutualTlsIsStrict() throws Exception {
    Traffic.anonymous(mesh).warmUp();
    String reviews = "http://" + mesh.proxyAddress(REVIEWS) + ":9080/reviews/0";
    try (Namespace outsider = Namespace.outside(mesh);
        Traffic.Steady flow = Traffic.anonymous(mesh).steadily(Traffic.PAGE, 20)) {
      assertThat(outsider.curl(reviews)).as("under PERMISSIVE, the default").isEqualTo("200");

      mesh.apply("mtls.yaml", peerAuthentication("STRICT"));
      Eventually.within(
          CHANGE, () -> assertThat(outsider.curl(reviews)).as("under STRICT").isEqualTo("000"));
      int strict = flow.answered();
      Eventually.within(CHANGE, () -> assertThat(flow.answered()).isGreaterThan(strict + 40));
      assertThat(outsider.curl(reviews)).as("under STRICT, later").isEqualTo("000");

      mesh.apply("mtls.yaml", peerAuthentication("PERMISSIVE"));
      Eventually.within(
          CHANGE, () -> assertThat(outsider.curl(reviews)).as("PERMISSIVE").isEqualTo("200"));
      assertThat(flow.stop())
          .as("requests from inside the mesh, all the time")
          .allSatisfy(
              reply -> {
                assertThat(reply.status()).as(reply.body()).isEqualTo(200);
                assertThat(reply.body()).doesNotContain("unavailable");
              });
    } finally {
      mesh.remove("mtls.yaml");
    }
  }

  @Test
  void doesNotMakeAServerWaitThatSpeaksFirst() throws Exception {
    String declared = "10.134." + mesh.network() + ".71";
    String known = "10.134." + mesh.network() + ".72";
    mesh.apply(
        "greeters.yaml",
        service("greeter", "ratings", declared, "tcp-greeter", GREETER)
            + "---\n"
            + service("mysql", "ratings", known, "db", MYSQL));
    Namespace details = Namespace.of(mesh, DETAILS);
    Namespace ratings = Namespace.of(mesh, RATINGS);
    try (Greeter first = Greeter.start(ratings, GREETER);
        Greeter second = Greeter.start(ratings, MYSQL);
        Namespace outside = Namespace.outside(mesh);
        Greeter third = Greeter.start(outside, GREETER)) {
      Eventually.within(
          CHANGE,
          () ->
              assertThat(details.greeting(declared, GREETER))
                  .as("a port that is declared as TCP")
                  .isEqualTo(Greeter.GREETING));
      Eventually.within(
          CHANGE,
          () ->
              assertThat(stats(DETAILS))
                  .anyMatch(
                      line ->
                          line.startsWith("istio_tcp_connections_opened_total{reporter=\"source\"")
                              && line.contains(
                                  "destination_service=\"greeter.default.svc.cluster.local\"")));
      assertThat(details.greeting(known, MYSQL))
          .as("MySQL's port, by its number")
          .isEqualTo(Greeter.GREETING);
      assertThat(details.greeting(outside.address(), GREETER))
          .as("a server that no service declares")
          .isEqualTo(Greeter.GREETING);
    } finally {
      mesh.remove("greeters.yaml");
    }
  }

  private List<String> stats(int workload) throws Exception {
    return CLIENT
        .send(
            HttpRequest.newBuilder(
                    URI.create("http://" + mesh.proxyAddress(workload) + ":15020/stats/prometheus"))
                .build(),
            BodyHandlers.ofString())
        .body()
        .lines()
        .toList();
  }

  private static String service(String name, String app, String address, String port, int number) {
    return """
        apiVersion: v1
        kind: Service
        metadata: {name: %s}
        spec:
          clusterIP: %s
          selector: {app: %s}
          ports:
          - {name: %s, port: %d}
        """
        .formatted(name, address, app, port, number);
  }

  private static String peerAuthentication(String mode) {
    return """
        apiVersion: security.istio.io/v1
        kind: PeerAuthentication
        metadata: {name: default, namespace: istio-system}
        spec:
          mtls: {mode: %s}
        """
        .formatted(mode);
  }
}
