// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/** A Prometheus server of the Debian package, with a data folder of its own, for one test. */
public final class RealPrometheus implements AutoCloseable {
  /** Where the package puts it. */
  public static final Path BINARY = Path.of("/usr/bin/prometheus");

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Process process;
  private final Path folder;
  private final HttpClient http = HttpClient.newHttpClient();
  private final int port;

  private RealPrometheus(Process process, Path folder, int port) {
    this.process = process;
    this.folder = folder;
    this.port = port;
  }

  /** Scrapes the targets of a file_sd file each second. */
  public static RealPrometheus start(Path targets) throws IOException {
    Path folder = Files.createTempDirectory("prometheus-test");
    Path config = folder.resolve("prometheus.yml");
    Files.writeString(
        config,
        """
        global:
          scrape_interval: 1s
          scrape_timeout: 1s
        scrape_configs:
          - job_name: mesh
            metrics_path: /stats/prometheus
            file_sd_configs:
              - files: ['%s']
        """
            .formatted(targets));
    int port;
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      port = socket.getLocalPort();
    }
    Process process =
        new ProcessBuilder(
                BINARY.toString(),
                "--config.file=" + config,
                "--storage.tsdb.path=" + folder.resolve("data"),
                "--web.listen-address=127.0.0.1:" + port)
            .redirectErrorStream(true)
            .redirectOutput(folder.resolve("log").toFile())
            .start();
    return new RealPrometheus(process, folder, port);
  }

  /** "http://127.0.0.1:port" */
  public String url() {
    return "http://127.0.0.1:" + port;
  }

  /** Whether it answers queries. */
  public boolean ready() {
    try {
      return http.send(
                  HttpRequest.newBuilder(URI.create(url() + "/-/ready")).build(),
                  HttpResponse.BodyHandlers.discarding())
              .statusCode()
          == 200;
    } catch (IOException e) {
      return false;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    }
  }

  /** The "data" of a query's answer. */
  public JsonNode query(String query, double time) throws IOException, InterruptedException {
    String uri =
        url()
            + "/api/v1/query?time="
            + String.format("%.3f", time)
            + "&query="
            + URLEncoder.encode(query, StandardCharsets.UTF_8);
    JsonNode body =
        JSON.readTree(
            http.send(
                    HttpRequest.newBuilder(URI.create(uri)).build(),
                    HttpResponse.BodyHandlers.ofByteArray())
                .body());
    if (!body.path("status").asText().equals("success")) {
      throw new IOException(query + ": " + body);
    }
    return body.path("data");
  }

  @Override
  public void close() throws IOException {
    process.destroy();
    try {
      if (!process.waitFor(10, TimeUnit.SECONDS)) {
        process.destroyForcibly().waitFor();
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    try (Stream<Path> files = Files.walk(folder)) {
      List<Path> deepestFirst = files.sorted(Comparator.reverseOrder()).toList();
      for (Path file : deepestFirst) {
        Files.deleteIfExists(file);
      }
    }
  }
}
