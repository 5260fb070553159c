// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.mesh;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;

/** A Prometheus server (Debian's package) scrapes the proxies. */
@ExtendWith(SharedMesh.class)
class PrometheusIT {
  private static final Path PROMETHEUS = Path.of("/usr/bin/prometheus");
  private static final String QUERY =
      "sum(rate(istio_requests_total{reporter=\"destination\"}[1m]))"
          + " by (destination_workload, response_code)";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final HttpClient client = HttpClient.newHttpClient();

  @Test
  void answersTheRateOfRequestsByWorkloadAndCode(RunningMesh mesh, @TempDir Path folder)
      throws Exception {
    assumeThat(RunningMesh.dataplane())
        .as("upstream's Envoy has no istio.stats, so there are no istio_* metrics")
        .isEqualTo("flotilla");
    assumeThat(PROMETHEUS).as("the package prometheus is not installed").isExecutable();
    int port = freePort();
    Files.writeString(
        folder.resolve("prometheus.yml"),
        """
        global: {scrape_interval: 2s}
        scrape_configs:
        - job_name: flotilla
          file_sd_configs:
          - files: ["%s/*.json"]
        """
            .formatted(mesh.state().resolve("targets")));
    Process prometheus =
        new ProcessBuilder(
                PROMETHEUS.toString(),
                "--config.file=" + folder.resolve("prometheus.yml"),
                "--storage.tsdb.path=" + folder.resolve("data"),
                "--web.listen-address=127.0.0.1:" + port)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("log").toFile())
            .start();
    try (Traffic.Steady flow = Traffic.anonymous(mesh).steadily(Traffic.PAGE, 20)) {
      Eventually.within(
          Duration.ofSeconds(90),
          () -> {
            Map<String, Double> rates = query(port);
            assertThat(rates.keySet())
                .contains("productpage-v1 200", "details-v1 200", "ratings-v1 200");
            // Every page asks details once; the window must have filled for the rate to be right.
            assertThat(rates.get("details-v1 200")).isBetween(18.0, 22.0);
            assertThat(rates.get("productpage-v1 200")).isBetween(18.0, 22.0);
          });
    } finally {
      prometheus.destroy();
      prometheus.waitFor();
    }
  }

  private Map<String, Double> query(int port) throws Exception {
    JsonNode answer =
        JSON.readTree(
            client
                .send(
                    HttpRequest.newBuilder(
                            URI.create(
                                "http://127.0.0.1:"
                                    + port
                                    + "/api/v1/query?query="
                                    + URLEncoder.encode(QUERY, StandardCharsets.UTF_8)))
                        .build(),
                    BodyHandlers.ofString())
                .body());
    Map<String, Double> rates = new TreeMap<>();
    for (JsonNode result : answer.at("/data/result")) {
      rates.put(
          result.at("/metric/destination_workload").asText()
              + " "
              + result.at("/metric/response_code").asText(),
          result.at("/value/1").asDouble());
    }
    return rates;
  }

  private static int freePort() throws Exception {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }
}
