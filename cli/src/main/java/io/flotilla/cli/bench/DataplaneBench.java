// SPDX-License-Identifier: Apache-2.0
package io.flotilla.cli.bench;

import io.flotilla.cli.mesh.Home;
import io.flotilla.cli.mesh.LocalMesh;
import io.flotilla.cli.mesh.MeshPlan;
import io.flotilla.cli.mesh.MeshState;
import io.flotilla.cli.mesh.Progress;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.Socket;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Requests per CPU-second of the proxies, ours and Envoys under the same control plane and the same
 * configuration, by turns in the same run. The proxies have the second core, load and servers the
 * first. Two meshes stand side by side; the one that is not asked idles.
 */
public final class DataplaneBench {
  private static final int PEER_OFFSET = 100;
  private static final int WARM_SECONDS = 30;
  private static final double TICKS = 100;
  private static final int PATIENCE = 300;
  private static final int TCP_PORT = 9000;
  private static final int PACED_CONNECTIONS = 20;
  private static final int IDLE_CONNECTIONS = 1_000;
  private static final int SOAK_PARTS = 10;
  private static final double SOAK_GROWTH = 1.1;
  // Of a whole sidecar; here eight proxies share one process of ours.
  private static final double MEMORY_GOAL = 110;

  private final Home home;
  private final int offset;
  private final Progress progress;
  private final int seconds;

  /**
   * @param seconds of each round of each scenario
   */
  public DataplaneBench(Home home, int offset, Progress progress, int seconds) {
    this.home = home;
    this.offset = offset;
    this.progress = progress;
    this.seconds = seconds;
  }

  private interface Generator {
    Load run(Side side, int seconds) throws IOException;
  }

  /**
   * A kind of traffic.
   *
   * @param goal the least ratio of requests per CPU-second; 0: none is stated
   * @param p99 the greatest ratio of the 99th percentile; 0: none is stated
   */
  private record Scenario(String what, double goal, double p99, Generator generator) {}

  private static Generator http1(String path, int connections) {
    return (side, seconds) -> Load.wrk(side.entrance + path, "bench.test", connections, seconds);
  }

  private static Generator tcp(String path, int connections) {
    return (side, seconds) ->
        Load.wrk(
            "http://" + side.entrance.getHost() + ":" + TCP_PORT + path,
            "bench.test",
            connections,
            seconds);
  }

  private static Generator paced(int rate) {
    return (side, seconds) ->
        Load.paced(side.entrance + "/1k", "bench.test", PACED_CONNECTIONS, rate, seconds);
  }

  private static final List<Scenario> SCENARIOS =
      List.of(
          new Scenario("HTTP/1.1, 64 connections, 1 KiB", 3.5, 0.6, http1("/1k", 64)),
          new Scenario("HTTP/1.1, 1 connection, 1 KiB", 2, 0, http1("/1k", 1)),
          new Scenario("HTTP/1.1, 256 connections, 1 KiB", 3.5, 0, http1("/1k", 256)),
          new Scenario("HTTP/1.1, 16 connections, 64 KiB", 1.3, 0, http1("/64k", 16)),
          new Scenario("HTTP/1.1, 8 connections, 1 MiB", 1.3, 0, http1("/1024k", 8)),
          new Scenario(
              "HTTP/2 to HTTP/2, 8 connections of 32 streams, 1 KiB",
              3,
              0,
              (side, seconds) ->
                  Load.h2load(side.entrance + "/1k", "http2.bench.test", 8, 32, seconds)),
          new Scenario(
              "gateway and sidecar with mTLS, 64 connections",
              3.5,
              0,
              (side, seconds) ->
                  Load.wrk(side.entrance + "/details/0", "details.bench.test", 64, seconds)),
          new Scenario("TCP, 64 connections, 1 KiB exchanges", 1.35, 0, tcp("/1k", 64)),
          new Scenario("TCP, 8 connections, 1 MiB at a time", 1.4, 0, tcp("/1024k", 8)),
          new Scenario("HTTP/1.1, 1,000 requests a second", 0, 1, paced(1_000)),
          new Scenario("HTTP/1.1, 5,000 requests a second", 0, 1, paced(5_000)));

  /** Measures by turns. */
  public List<Row> run(int rounds, Path envoy) throws IOException {
    double load = ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
    Path folder = Files.createTempDirectory("flotilla-bench");
    List<Row> rows = new ArrayList<>();
    try (BenchBackend backend =
            BenchBackend.start(folder.resolve("backend"), 19_080 + offset, 19_081 + offset);
        Side ours = new Side(folder.resolve("ours"), offset, null);
        Side peer = new Side(folder.resolve("peer"), offset + PEER_OFFSET, envoy)) {
      rows.add(memory(ours, peer, load));
      for (Scenario scenario : SCENARIOS) {
        progress.say(scenario.what());
        scenario.generator().run(ours, WARM_SECONDS);
        scenario.generator().run(peer, 2);
        Figures mine = new Figures();
        Figures theirs = new Figures();
        for (int round = 0; round < rounds; round++) {
          mine.add(ours, scenario.generator(), seconds);
          theirs.add(peer, scenario.generator(), seconds);
        }
        if (scenario.goal() > 0) {
          rows.add(
              Row.of(
                  scenario.what(),
                  "requests per CPU-second",
                  "rate",
                  mine.perCpuSecond,
                  theirs.perCpuSecond,
                  load,
                  scenario.goal()));
        }
        if (scenario.p99() > 0) {
          rows.add(
              Row.of(
                  scenario.what() + ", p99",
                  "ms",
                  "latency",
                  mine.p99,
                  theirs.p99,
                  load,
                  scenario.p99()));
        }
      }
    }
    return rows;
  }

  /**
   * Full load for as long as {@code seconds} says: whether what the proxies hold of memory grows,
   * and whether they slow down.
   */
  public List<Row> soak() throws IOException {
    double load = ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
    Path folder = Files.createTempDirectory("flotilla-soak");
    try (BenchBackend backend =
            BenchBackend.start(folder.resolve("backend"), 19_080 + offset, 19_081 + offset);
        Side ours = new Side(folder.resolve("ours"), offset, null)) {
      Generator generator = http1("/1k", 64);
      generator.run(ours, WARM_SECONDS * 2);
      List<Double> memory = new ArrayList<>();
      List<Double> rates = new ArrayList<>();
      for (int part = 0; part < SOAK_PARTS; part++) {
        double before = ours.cpuSeconds();
        Load done = generator.run(ours, Math.max(1, seconds / SOAK_PARTS));
        rates.add(done.requests() / (ours.cpuSeconds() - before));
        memory.add(ours.memory());
        progress.say(
            "%.0f MiB, %.0f requests per CPU-second".formatted(memory.getLast(), rates.getLast()));
      }
      return List.of(
          Row.of(
              "memory of the proxies at the end of %d s of load, of that at the start"
                  .formatted(seconds),
              "times",
              "memory",
              List.of(memory.getLast() / memory.getFirst()),
              List.of(),
              load,
              SOAK_GROWTH),
          Row.of(
              "CPU time a request at the end, of that at the start",
              "times",
              "time",
              List.of(rates.getFirst() / rates.getLast()),
              List.of(),
              load,
              SOAK_GROWTH));
    }
  }

  /** What eight proxies hold of memory while each of many connections had one answer. */
  private static Row memory(Side ours, Side peer, double load) throws IOException {
    return Row.of(
        "memory of the proxies (PSS) with 1,000 connections",
        "MiB",
        "memory",
        List.of(ours.memoryOfConnections()),
        List.of(peer.memoryOfConnections()),
        load,
        MEMORY_GOAL);
  }

  private static final class Figures {
    final List<Double> perCpuSecond = new ArrayList<>();
    final List<Double> p99 = new ArrayList<>();

    void add(Side side, Generator generator, int seconds) throws IOException {
      double before = side.cpuSeconds();
      Load load = generator.run(side, seconds);
      perCpuSecond.add(load.requests() / (side.cpuSeconds() - before));
      p99.add(load.p99());
    }
  }

  /** One of the two meshes. */
  private final class Side implements AutoCloseable {
    final URI entrance;
    private final LocalMesh mesh;
    private final Thread stop;
    private final List<ProcessHandle> proxies;

    Side(Path folder, int at, @Nullable Path envoy) throws IOException {
      MeshPlan plan =
          new MeshPlan(
              folder.resolve("dir"),
              folder.resolve("state"),
              at,
              8080 + at,
              false,
              false,
              true,
              null,
              envoy,
              0);
      entrance = URI.create("http://" + plan.addresses().proxy(100) + ":8081");
      mesh = new LocalMesh(home, plan, progress);
      stop = new Thread(mesh::stop);
      Runtime.getRuntime().addShutdownHook(stop);
      MeshState state = mesh.start();
      Files.writeString(folder.resolve("dir").resolve("bench.yaml"), configuration(offset));
      ProcessHandle host = state.part("proxies").process().orElseThrow();
      awaitRoute();
      proxies = envoy == null ? List.of(host) : host.descendants().toList();
      pin(host);
      for (ProcessHandle child : host.descendants().toList()) {
        pin(child);
      }
      for (String other : List.of("control", "bookinfo")) {
        pin(state.part(other).process().orElseThrow(), "0");
      }
    }

    private void awaitRoute() throws IOException {
      for (int i = 0; i < PATIENCE; i++) {
        if (answers()) {
          return;
        }
        try {
          Thread.sleep(100);
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new IOException("interrupted", e);
        }
      }
      throw new IOException(entrance + " does not lead to the bench's backend");
    }

    double memoryOfConnections() throws IOException {
      List<Socket> open = new ArrayList<>();
      try {
        for (int i = 0; i < IDLE_CONNECTIONS; i++) {
          Socket socket = new Socket(entrance.getHost(), entrance.getPort());
          open.add(socket);
          socket
              .getOutputStream()
              .write(
                  "GET /1k HTTP/1.1\r\nHost: bench.test\r\n\r\n"
                      .getBytes(StandardCharsets.US_ASCII));
          if (socket.getInputStream().read() != 'H') {
            throw new IOException(entrance + " closed a connection of many");
          }
        }
        return memory();
      } finally {
        for (Socket socket : open) {
          socket.close();
        }
      }
    }

    /** Proportional set size of the proxies, in MiB. */
    double memory() throws IOException {
      double kibibytes = 0;
      for (ProcessHandle proxy : proxies) {
        for (String line :
            Files.readAllLines(Path.of("/proc", Long.toString(proxy.pid()), "smaps_rollup"))) {
          if (line.startsWith("Pss:")) {
            kibibytes += Long.parseLong(line.replaceAll("\\D", ""));
          }
        }
      }
      return kibibytes / 1024;
    }

    /** By a socket, since the JDK's client lets nobody choose the host. */
    private boolean answers() {
      try (Socket socket = new Socket(entrance.getHost(), entrance.getPort())) {
        socket.setSoTimeout(2000);
        socket
            .getOutputStream()
            .write(
                "GET /1k HTTP/1.1\r\nHost: bench.test\r\nConnection: close\r\n\r\n"
                    .getBytes(StandardCharsets.US_ASCII));
        return new String(socket.getInputStream().readAllBytes(), StandardCharsets.US_ASCII)
            .startsWith("HTTP/1.1 200");
      } catch (IOException e) {
        // Not listening yet.
        return false;
      }
    }

    /** User and system time of the proxies so far. */
    double cpuSeconds() throws IOException {
      double ticks = 0;
      for (ProcessHandle proxy : proxies) {
        String stat = Files.readString(Path.of("/proc", Long.toString(proxy.pid()), "stat"));
        String[] fields = stat.substring(stat.lastIndexOf(')') + 2).split(" ");
        ticks += Long.parseLong(fields[11]) + Long.parseLong(fields[12]);
      }
      return ticks / TICKS;
    }

    @Override
    public void close() {
      mesh.stop();
      Runtime.getRuntime().removeShutdownHook(stop);
    }
  }

  private static void pin(ProcessHandle process) throws IOException {
    pin(process, "1");
  }

  private static void pin(ProcessHandle process, String core) throws IOException {
    new ProcessBuilder("taskset", "-a", "-c", "-p", core, Long.toString(process.pid()))
        .redirectOutput(ProcessBuilder.Redirect.DISCARD)
        .start()
        .onExit()
        .join();
  }

  /** Twenty virtual hosts of nine routes each; the last one of each is asked. */
  private static String configuration(int offset) {
    StringBuilder text =
        new StringBuilder(
            """
            apiVersion: networking.istio.io/v1
            kind: Gateway
            metadata: {name: bench, namespace: default}
            spec:
              selector: {istio: ingressgateway}
              servers:
              - port: {number: 80, name: http, protocol: HTTP}
                hosts: ["bench.test", "*.bench.test"]
            ---
            apiVersion: networking.istio.io/v1
            kind: ServiceEntry
            metadata: {name: bench, namespace: default}
            spec:
              hosts: [backend.test]
              location: MESH_EXTERNAL
              resolution: STATIC
              ports:
              - {number: 80, name: http, protocol: HTTP, targetPort: %d}
              - {number: 81, name: http2, protocol: HTTP2, targetPort: %d}
              endpoints:
              - address: 127.0.0.1
            ---
            apiVersion: networking.istio.io/v1
            kind: Gateway
            metadata: {name: bench-tcp, namespace: default}
            spec:
              selector: {istio: ingressgateway}
              servers:
              - port: {number: %d, name: tcp, protocol: TCP}
                hosts: ["*"]
            ---
            apiVersion: networking.istio.io/v1
            kind: VirtualService
            metadata: {name: bench-tcp, namespace: default}
            spec:
              hosts: ["*"]
              gateways: [bench-tcp]
              tcp:
              - route: [{destination: {host: backend.test, port: {number: 80}}}]
            """
                .formatted(19_080 + offset, 19_081 + offset, TCP_PORT));
    route(text, "bench", "bench.test", "backend.test", 80);
    route(text, "http2", "http2.bench.test", "backend.test", 81);
    route(text, "details", "details.bench.test", "details.default.svc.cluster.local", 9080);
    for (int i = 0; i < 17; i++) {
      route(text, "other-" + i, "other-" + i + ".bench.test", "backend.test", 80);
    }
    return text.toString();
  }

  private static void route(StringBuilder text, String name, String host, String to, int port) {
    text.append(
        """
        ---
        apiVersion: networking.istio.io/v1
        kind: VirtualService
        metadata: {name: %s, namespace: default}
        spec:
          hosts: [%s]
          gateways: [bench]
          http:
        """
            .formatted(name, host));
    for (int i = 0; i < 8; i++) {
      text.append("  - match: [{uri: {prefix: /api/v%d/}}]\n".formatted(i));
      destination(text, to, port);
    }
    text.append("  - match: [{uri: {prefix: /}}]\n");
    destination(text, to, port);
  }

  private static void destination(StringBuilder text, String to, int port) {
    text.append("    route: [{destination: {host: %s, port: {number: %d}}}]\n".formatted(to, port));
  }
}
