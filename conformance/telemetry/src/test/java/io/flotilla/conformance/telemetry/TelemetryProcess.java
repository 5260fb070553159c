// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.telemetry;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.DatagramSocket;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** Telemetry as it is shipped, in a process of its own on free ports. */
final class TelemetryProcess implements AutoCloseable {
  private static final Duration PATIENCE = Duration.ofSeconds(90);
  private static final List<String> TCP =
      List.of(
          "otlp-grpc",
          "otlp-http",
          "zipkin",
          "jaeger-grpc",
          "jaeger-http",
          "jaeger-sampling",
          "jaeger-query",
          "jaeger-query-grpc",
          "tempo",
          "prometheus");
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final HttpClient HTTP = HttpClient.newHttpClient();

  private final Path folder;
  private final Map<String, String> settings = new TreeMap<>();
  private final Map<String, Integer> ports = new TreeMap<>();
  private Process process;

  private TelemetryProcess(Path folder, Map<String, String> further) throws IOException {
    this.folder = folder;
    List<ServerSocket> held = new ArrayList<>();
    for (String name : TCP) {
      ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
      held.add(socket);
      ports.put(name, socket.getLocalPort());
    }
    ServerSocket own = new ServerSocket(0, 1, InetAddress.getLoopbackAddress());
    held.add(own);
    ports.put("http", own.getLocalPort());
    for (String name : List.of("jaeger-compact", "jaeger-binary")) {
      try (DatagramSocket socket = new DatagramSocket(0, InetAddress.getLoopbackAddress())) {
        ports.put(name, socket.getLocalPort());
      }
    }
    for (ServerSocket socket : held) {
      socket.close();
    }
    settings.put("quarkus.http.host", "127.0.0.1");
    settings.put("quarkus.http.port", String.valueOf(port("http")));
    ports.forEach(
        (name, port) -> {
          if (!name.equals("http")) {
            settings.put("flotilla.telemetry.ports." + name, port.toString());
          }
        });
    settings.putAll(further);
  }

  static TelemetryProcess start(Path folder, Map<String, String> settings) throws Exception {
    TelemetryProcess telemetry = new TelemetryProcess(folder, settings);
    telemetry.start();
    return telemetry;
  }

  /** Starts it, at first or again, and waits until it is ready. */
  void start() throws Exception {
    Path root = Path.of(System.getProperty("flotilla.root"));
    List<String> command = new ArrayList<>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(
        List.of(
            "-Xmx256m",
            "-XX:+UseSerialGC",
            "-XX:TieredStopAtLevel=1",
            "--enable-native-access=ALL-UNNAMED",
            "--sun-misc-unsafe-memory-access=allow",
            "--add-opens=java.base/java.lang.invoke=ALL-UNNAMED"));
    settings.forEach((key, value) -> command.add("-D" + key + "=" + value));
    command.add("-jar");
    command.add(root.resolve("services/telemetry/target/quarkus-app/quarkus-run.jar").toString());
    process =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(ProcessBuilder.Redirect.appendTo(folder.resolve("log").toFile()))
            .start();
    Instant deadline = Instant.now().plus(PATIENCE);
    while (!ready()) {
      if (!process.isAlive() || Instant.now().isAfter(deadline)) {
        throw new IOException(
            "telemetry did not start: " + Files.readString(folder.resolve("log")));
      }
      Thread.sleep(100);
    }
  }

  private boolean ready() throws InterruptedException {
    try {
      return get("http", "/q/health/ready").statusCode() == 200;
    } catch (IOException e) {
      return false;
    }
  }

  /** Ends it at once, as a crash would. */
  void kill() throws InterruptedException {
    process.destroyForcibly().waitFor();
  }

  int port(String name) {
    return ports.get(name);
  }

  String url(String port, String path) {
    return "http://127.0.0.1:" + port(port) + path;
  }

  HttpResponse<String> get(String port, String path) throws IOException, InterruptedException {
    return HTTP.send(
        HttpRequest.newBuilder(URI.create(url(port, path))).build(),
        HttpResponse.BodyHandlers.ofString());
  }

  HttpResponse<String> post(String port, String path, String type, byte[] body, String... headers)
      throws IOException, InterruptedException {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create(url(port, path)))
            .header("Content-Type", type)
            .POST(HttpRequest.BodyPublishers.ofByteArray(body));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return HTTP.send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  /** The trace in Jaeger's JSON; it must be there within seconds, with so many spans. */
  JsonNode trace(String id, int spans) throws Exception {
    Instant deadline = Instant.now().plusSeconds(20);
    while (true) {
      HttpResponse<String> answer = get("jaeger-query", "/api/traces/" + id);
      JsonNode trace = JSON.readTree(answer.body()).path("data").path(0);
      if (answer.statusCode() == 200 && trace.path("spans").size() == spans) {
        return trace;
      }
      if (Instant.now().isAfter(deadline)) {
        throw new AssertionError(
            "trace "
                + id
                + " does not have "
                + spans
                + " spans: "
                + answer.body()
                + "\n"
                + Files.readString(folder.resolve("log")));
      }
      Thread.sleep(50);
    }
  }

  JsonNode json(String port, String path) throws Exception {
    return JSON.readTree(get(port, path).body());
  }

  @Override
  public void close() throws InterruptedException {
    process.destroy();
    process.waitFor();
  }
}
