// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.capture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import io.flotilla.conformance.mesh.Eventually;
import io.flotilla.conformance.mesh.RunningMesh;
import io.flotilla.conformance.mesh.SharedMesh;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/** Names that only sidecars know, looked up by applications that know of none. */
@ExtendWith(SharedMesh.class)
class NamesIT {
  private static final Duration CHANGE = Duration.ofSeconds(30);
  private static final int DETAILS = 2;
  private static final int MAIL = 2525;

  private RunningMesh mesh;
  private Namespace details;

  @BeforeEach
  void join(RunningMesh shared) {
    assumeThat(RunningMesh.dataplane()).as("the DNS proxy is our sidecar's").isEqualTo("flotilla");
    mesh = shared;
    details = Namespace.of(mesh, DETAILS);
  }

  @Test
  void findsServicesByTheDnsOfTheSidecar() throws Exception {
    assertThat(details.run("cat", "/etc/hosts").output()).doesNotContain("ratings");

    List<String> found = dig("ratings.default.svc.cluster.local");

    assertThat(found).singleElement().asString().startsWith("240.240.");
    assertThat(dig("+search", "ratings")).endsWith(found.getFirst());
    assertThat(dig("+tcp", "ratings.default")).isEqualTo(found);
    assertThat(dig("AAAA", "ratings.default")).isEmpty();
    assertThat(details.run("getent", "ahostsv4", "ratings").output()).contains(found.getFirst());
    assertThat(details.curl("http://ratings:9080/ratings/0")).isEqualTo("200");
    assertThat(details.run("dig", "nowhere.example.com").output()).contains("SERVFAIL");
    assertThat(stats()).contains("dns_upstream_failures_total").contains("flotilla_dns_names ");
  }

  @Test
  void reachesAServiceEntryByTheAddressThatItWasGiven() throws Exception {
    try (Namespace outside = Namespace.outside(mesh);
        Greeter greeter = Greeter.start(outside, MAIL)) {
      mesh.apply(
          "mail.yaml",
          """
          apiVersion: networking.istio.io/v1
          kind: ServiceEntry
          metadata: {name: mail}
          spec:
            hosts: [mail.example.com]
            ports: [{number: 25, name: tcp, protocol: TCP, targetPort: %d}]
            resolution: STATIC
            endpoints: [{address: %s}]
          """
              .formatted(MAIL, outside.address()));

      Eventually.within(
          CHANGE,
          () -> assertThat(details.greeting("mail.example.com", 25)).isEqualTo(Greeter.GREETING));

      assertThat(dig("mail.example.com")).singleElement().asString().startsWith("240.240.");
      Eventually.within(
          CHANGE,
          () ->
              assertThat(stats().lines())
                  .anyMatch(
                      line ->
                          line.startsWith("istio_tcp_connections_opened_total{reporter=\"source\"")
                              && line.contains("destination_service=\"mail.example.com\"")));
    } finally {
      mesh.remove("mail.yaml");
    }
  }

  private List<String> dig(String... question) throws Exception {
    String[] command = new String[question.length + 2];
    command[0] = "dig";
    command[1] = "+short";
    System.arraycopy(question, 0, command, 2, question.length);
    return details.run(command).output().lines().toList();
  }

  private String stats() throws Exception {
    try (HttpClient client = HttpClient.newHttpClient()) {
      return client
          .send(
              HttpRequest.newBuilder(
                      URI.create(
                          "http://" + mesh.proxyAddress(DETAILS) + ":15020/stats/prometheus"))
                  .build(),
              BodyHandlers.ofString())
          .body();
    }
  }
}
