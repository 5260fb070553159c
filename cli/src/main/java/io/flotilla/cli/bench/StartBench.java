// SPDX-License-Identifier: Apache-2.0
package io.flotilla.cli.bench;

import io.flotilla.cli.mesh.Home;
import io.flotilla.cli.mesh.LocalMesh;
import io.flotilla.cli.mesh.MeshPlan;
import io.flotilla.cli.mesh.MeshState;
import io.flotilla.cli.mesh.Progress;
import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How long {@code ./flotilla up} takes until a request crosses the mesh, and how much memory all
 * its processes hold after some traffic; beside it the same mesh with Envoys as its proxies.
 */
public final class StartBench {
  private static final double GOAL_SECONDS = 15;
  private static final double GOAL_MEBIBYTES = 700;
  private static final int REQUESTS = 400;
  private static final double NANOS = 1e9;
  private static final double KIBIBYTES = 1024;

  private final Home home;
  private final int offset;
  private final Progress progress;

  public StartBench(Home home, int offset, Progress progress) {
    this.home = home;
    this.offset = offset;
    this.progress = progress;
  }

  /**
   * Measures.
   *
   * @param envoy the binary of the peer's proxies; null: no peer
   */
  public List<Row> run(int runs, @Nullable Path envoy) throws IOException {
    double load = ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage();
    List<Once> ours = new ArrayList<>();
    List<Once> peers = new ArrayList<>();
    // By turns, so that what else the machine does meets both.
    for (int run = 1; run <= runs; run++) {
      progress.say("run " + run + " of " + runs);
      ours.add(once(null));
      if (envoy != null) {
        peers.add(once(envoy));
      }
    }
    return List.of(
        Row.of(
            "from ./flotilla up until a request crosses the mesh",
            "s",
            "time",
            ours.stream().map(Once::seconds).toList(),
            peers.stream().map(Once::seconds).toList(),
            load,
            GOAL_SECONDS),
        Row.of(
            "PSS of all processes after " + REQUESTS + " pages",
            "MiB",
            "memory",
            ours.stream().map(Once::mebibytes).toList(),
            peers.stream().map(Once::mebibytes).toList(),
            load,
            GOAL_MEBIBYTES));
  }

  private record Once(double seconds, double mebibytes) {}

  private Once once(@Nullable Path envoy) throws IOException {
    Path folder = Files.createTempDirectory("flotilla-bench");
    LocalMesh mesh =
        new LocalMesh(
            home,
            new MeshPlan(
                folder.resolve("dir"),
                folder.resolve("state"),
                offset,
                8080 + offset,
                false,
                false,
                true,
                null,
                envoy,
                0),
            progress);
    Thread stop = new Thread(mesh::stop);
    Runtime.getRuntime().addShutdownHook(stop);
    try {
      long began = System.nanoTime();
      MeshState state = mesh.start();
      double seconds = (System.nanoTime() - began) / NANOS;
      browse(URI.create(state.trial()));
      return new Once(seconds, mebibytes(state));
    } finally {
      mesh.stop();
      Runtime.getRuntime().removeShutdownHook(stop);
      progress.say("its files stay in " + folder);
    }
  }

  private static void browse(URI page) throws IOException {
    try (HttpClient client = HttpClient.newHttpClient()) {
      for (int i = 0; i < REQUESTS; i++) {
        client.send(HttpRequest.newBuilder(page).build(), BodyHandlers.discarding());
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted", e);
    }
  }

  /** The proportional set size of the parts and of what they started. */
  private static double mebibytes(MeshState state) throws IOException {
    double sum = 0;
    for (MeshState.PartState part : state.parts()) {
      ProcessHandle process = part.process().orElseThrow();
      sum += kibibytes(process);
      for (ProcessHandle child : process.descendants().toList()) {
        sum += kibibytes(child);
      }
    }
    return sum / KIBIBYTES;
  }

  private static double kibibytes(ProcessHandle process) throws IOException {
    return Files.readAllLines(Path.of("/proc", Long.toString(process.pid()), "smaps_rollup"))
        .stream()
        .filter(line -> line.startsWith("Pss:"))
        .mapToDouble(line -> Double.parseDouble(line.replaceAll("[^0-9]", "")))
        .sum();
  }
}
