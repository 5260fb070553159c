// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.envoy.differential;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.model.cluster.Cluster;
import io.flotilla.model.endpoint.ClusterLoadAssignment;
import io.flotilla.model.route.RouteConfiguration;
import io.flotilla.model.snapshot.ProxySnapshot;
import java.io.IOException;
import java.io.RandomAccessFile;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.UnaryOperator;

/** Sends requests to both sides and puts what became of them side by side. */
final class Suite implements AutoCloseable {
  private static final int PARALLEL = 16;

  private final Backends backends;
  private final World world;
  private final Sides sides;
  private final Path envoysLog;
  private final Path oursLog;
  private final ExecutorService clients = Executors.newFixedThreadPool(PARALLEL);
  private long revision;
  private int run;
  private long envoysRead;
  private long oursRead;

  Suite(String envoy, Path folder) throws IOException, InterruptedException {
    backends = new Backends(World.BACKENDS);
    int closed;
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName("127.0.0.1"))) {
      closed = taken.getLocalPort();
    }
    world = new World(backends, closed);
    envoysLog = folder.resolve("envoy-access.log");
    oursLog = folder.resolve("our-access.log");
    sides = new Sides(envoy, folder);
  }

  World world() {
    return world;
  }

  Backends backends() {
    return backends;
  }

  Sides sides() {
    return sides;
  }

  /** A request and what became of it on either side. */
  record Pair(Wire.Request request, Observation envoy, Observation ours) {
    List<String> differences() {
      return envoy.differences(ours, request);
    }
  }

  /**
   * Puts a configuration in force and sends all requests to both sides.
   *
   * @param ours changes what our side is told; identity but in tests of the suite itself
   */
  List<Pair> run(
      RouteConfiguration routes,
      List<Wire.Request> requests,
      UnaryOperator<RouteConfiguration> ours)
      throws Exception {
    revision++;
    return run(
        world.snapshot(revision, routes, envoysLog),
        world.snapshot(revision, ours.apply(routes), oursLog),
        requests);
  }

  /** Puts other clusters in force on both sides. */
  void apply(RouteConfiguration routes, Map<String, Cluster> clusters) throws Exception {
    apply(routes, clusters, Map.of());
  }

  /** The same for clusters some of which have their endpoints by EDS. */
  void apply(
      RouteConfiguration routes,
      Map<String, Cluster> clusters,
      Map<String, ClusterLoadAssignment> endpoints)
      throws Exception {
    revision++;
    sides.apply(
        world.snapshot(revision, routes, clusters, endpoints, envoysLog),
        world.snapshot(revision, routes, clusters, endpoints, oursLog));
  }

  private List<Pair> run(ProxySnapshot theirs, ProxySnapshot ours, List<Wire.Request> requests)
      throws Exception {
    sides.apply(theirs, ours);
    return send(requests);
  }

  /** Sends all requests to both sides as they are. */
  List<Pair> send(List<Wire.Request> requests) throws Exception {
    backends.forget();
    run++;
    Wire.Answer[][] answers = new Wire.Answer[requests.size()][2];
    AtomicInteger next = new AtomicInteger();
    List<Callable<Void>> work = new ArrayList<>();
    for (int i = 0; i < PARALLEL; i++) {
      // Several client addresses, so that hashes by address differ.
      InetAddress from = InetAddress.getByName("127.0.0." + (1 + i % 7));
      work.add(
          () -> {
            try (Wire a = new Wire(sides.envoyAddress(), from);
                Wire b = new Wire(sides.ourAddress(), from)) {
              for (int n = next.getAndIncrement();
                  n < requests.size();
                  n = next.getAndIncrement()) {
                answers[n][0] = send(a, requests.get(n), name(n, "-e"));
                answers[n][1] = send(b, requests.get(n), name(n, "-o"));
              }
            }
            return null;
          });
    }
    for (Future<Void> done : clients.invokeAll(work)) {
      try {
        done.get();
      } catch (ExecutionException e) {
        throw new AssertionError(e.getCause());
      }
    }
    return observe(requests, answers);
  }

  private static Wire.Answer send(Wire wire, Wire.Request request, String name) throws IOException {
    List<Wire.Field> headers = new ArrayList<>(request.headers());
    headers.add(new Wire.Field("x-pair", name));
    Wire.Request named =
        new Wire.Request(request.method(), request.target(), headers, request.body());
    try {
      return wire.send(named);
    } catch (IOException e) {
      throw new IOException(name + " " + named + ": " + e.getMessage(), e);
    }
  }

  private List<Pair> observe(List<Wire.Request> requests, Wire.Answer[][] answers)
      throws IOException, InterruptedException {
    Map<String, List<String>> theirs = new HashMap<>();
    Map<String, List<String>> mine = new HashMap<>();
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(20);
    while (theirs.size() < requests.size() || mine.size() < requests.size()) {
      envoysRead = read(envoysLog, envoysRead, theirs);
      oursRead = read(oursLog, oursRead, mine);
      assertThat(System.nanoTime())
          .as(() -> "log lines: " + missing(requests, "-e", theirs) + missing(requests, "-o", mine))
          .isLessThan(end);
      TimeUnit.MILLISECONDS.sleep(5);
    }
    List<Pair> pairs = new ArrayList<>();
    for (int n = 0; n < requests.size(); n++) {
      awaitSameSize(name(n, "-e"), name(n, "-o"));
      pairs.add(
          new Pair(
              requests.get(n),
              observation(answers[n][0], name(n, "-e"), theirs),
              observation(answers[n][1], name(n, "-o"), mine)));
    }
    return pairs;
  }

  // Mirrored copies of an earlier configuration may still be under way.
  private String name(int n, String side) {
    return run + "." + n + side;
  }

  private String missing(List<Wire.Request> requests, String side, Map<String, List<String>> logs) {
    StringBuilder b = new StringBuilder();
    for (int n = 0; n < requests.size(); n++) {
      if (!logs.containsKey(name(n, side))) {
        b.append("\n").append(name(n, side)).append(' ').append(requests.get(n));
      }
    }
    return b.toString();
  }

  private Observation observation(Wire.Answer answer, String name, Map<String, List<String>> logs) {
    List<Backends.Seen> seen = backends.seen(name);
    return new Observation(
        answer,
        seen.stream().filter(s -> !s.isShadow()).toList(),
        seen.stream().filter(Backends.Seen::isShadow).toList(),
        logs.get(name));
  }

  // A copy may be there later than the answer.
  private void awaitSameSize(String one, String other) throws InterruptedException {
    long end = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(500);
    while (shadows(one) != shadows(other) && System.nanoTime() < end) {
      TimeUnit.MILLISECONDS.sleep(5);
    }
  }

  private long shadows(String name) {
    return backends.seen(name).stream().filter(Backends.Seen::isShadow).count();
  }

  // Whole lines only; gives where to go on.
  private static long read(Path file, long from, Map<String, List<String>> into)
      throws IOException {
    if (!java.nio.file.Files.exists(file)) {
      return from;
    }
    try (RandomAccessFile in = new RandomAccessFile(file.toFile(), "r")) {
      in.seek(from);
      byte[] bytes = new byte[(int) (in.length() - from)];
      in.readFully(bytes);
      String text = new String(bytes, StandardCharsets.UTF_8);
      int whole = text.lastIndexOf('\n') + 1;
      for (String line : text.substring(0, whole).split("\n")) {
        String[] fields = line.split("\\|", -1);
        if (fields.length == 7) {
          into.put(fields[0], List.of(fields).subList(1, 7));
        }
      }
      return from + text.substring(0, whole).getBytes(StandardCharsets.UTF_8).length;
    }
  }

  /** How many pairs showed each kind of difference, and the shortest example of each. */
  static Map<String, List<Pair>> byAspect(List<Pair> pairs) {
    Map<String, List<Pair>> out = new TreeMap<>();
    for (Pair pair : pairs) {
      for (String difference : pair.differences()) {
        String aspect = difference.substring(0, difference.indexOf(':'));
        out.computeIfAbsent(aspect, a -> new ArrayList<>()).add(pair);
      }
    }
    return out;
  }

  @Override
  public void close() throws IOException {
    clients.shutdownNow();
    sides.close();
    backends.close();
  }
}
