// SPDX-License-Identifier: Apache-2.0
package io.flotilla.cli.mesh;

import io.flotilla.cli.capture.CaptureNetwork;
import java.io.IOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Consumer;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * Starts a mesh and holds its processes.
 *
 * <p>The control plane starts first; the application beside it, since it needs nobody; the proxies
 * once there is a root certificate to trust. Then a request is sent through the gateway until it is
 * answered. If anything fails, all that was started is stopped again.
 */
public final class LocalMesh {
  private static final Duration PATIENCE = Duration.ofSeconds(90);

  private final Home home;
  private final MeshPlan plan;
  private final List<RunningPart> running = new ArrayList<>();
  private final Waiting waiting;
  private @Nullable CaptureNetwork captured;
  // Until then a mesh in the state directory is somebody else's.
  private volatile boolean ours;
  private volatile boolean stopping;

  public LocalMesh(Home home, MeshPlan plan, Progress progress) {
    this.home = home;
    this.plan = plan;
    this.waiting =
        new Waiting(progress, plan.state(), () -> stopping ? List.of() : running, PATIENCE);
  }

  /**
   * Starts everything and returns once a request crosses the mesh.
   *
   * @throws MeshException with a sentence for the user; nothing is left running then
   * @throws IOException if files cannot be written
   */
  public MeshState start() throws IOException {
    refuseSecond();
    PortCheck.check(plan);
    refuseUsedNetwork();
    ours = true;
    try {
      MeshFiles files = new MeshFiles(plan);
      MeshParts parts = new MeshParts(home, plan, files, captured());
      List<Part> control = parts.controlPlane();
      List<Part> proxies = parts.proxies();
      List<Part> application = parts.application();
      prepare(files);
      launch(control);
      launch(application);
      await(control);
      launch(proxies);
      save();
      await(proxies);
      await(application);
      awaitTrial();
    } catch (IOException | RuntimeException e) {
      stop();
      throw e;
    }
    return save();
  }

  private Map<Integer, CaptureNetwork.Workload> captured() {
    try {
      return capture();
    } catch (IOException e) {
      throw new MeshException(
          "The network of --capture cannot be made: " + e.getMessage() + ".", e);
    }
  }

  /** Makes the namespaces of a captured mesh; empty otherwise. */
  private Map<Integer, CaptureNetwork.Workload> capture() throws IOException {
    Map<Integer, CaptureNetwork.Workload> namespaces = new HashMap<>();
    if (!plan.capture()) {
      return namespaces;
    }
    // Before there is anything to remove: even if this process is killed, down knows of it.
    Files.createDirectories(plan.state());
    save();
    Addresses addresses = plan.addresses();
    CaptureNetwork network =
        CaptureNetwork.create(
            addresses.network(),
            plan.workloads().stream()
                .filter(w -> w.role() == Workload.Role.GATEWAY)
                .map(w -> addresses.proxy(w.number()))
                .toList());
    captured = network;
    Map<String, String> hosts = new TreeMap<>();
    for (Workload workload : plan.resolves() ? List.<Workload>of() : plan.sidecars()) {
      // Any address that is routed out: the sidecar goes by the host's name.
      hosts.putIfAbsent(workload.app(), "10.134." + addresses.network() + "." + workload.number());
    }
    for (Workload workload : plan.sidecars()) {
      namespaces.put(
          workload.number(),
          network.add(addresses.captured(workload.number()), hosts, plan.resolves()));
    }
    return namespaces;
  }

  private void refuseUsedNetwork() throws IOException {
    List<String> users =
        plan.capture() ? CaptureNetwork.users(plan.addresses().network()) : List.of();
    if (!users.isEmpty()) {
      throw new MeshException(
          "The network 10.133."
              + plan.addresses().network()
              + ".0/24 cannot be used: processes run in its namespaces (pid "
              + String.join(", ", users)
              + "): stop the mesh that they belong to, or move this one with --offset "
              + (plan.offset() + 1)
              + ".");
    }
  }

  private void refuseSecond() throws IOException {
    var state = MeshState.read(plan.state());
    if (state.isPresent() && state.get().runs()) {
      throw new MeshException(
          "A mesh runs already, with its configuration in "
              + state.get().dir()
              + ": ./flotilla down"
              + (plan.offset() == 0 ? "" : " --offset " + plan.offset())
              + " stops it, ./flotilla up --offset "
              + (plan.offset() + 100)
              + " starts another beside it.");
    }
  }

  private void prepare(MeshFiles files) throws IOException {
    Files.createDirectories(plan.state());
    Files.createDirectories(plan.state().resolve("logs"));
    List<Workload> workloads = plan.workloads();
    new ConfigDirectory(plan.dir()).prepare(home.sample(), plan.addresses(), workloads);
    Tokens tokens = Tokens.in(plan.state().resolve("tokens"));
    ControlSettings settings = new ControlSettings(plan, files, tokens);
    if (plan.processes()) {
      files.writeSettings("citadel", settings.alone("citadel", ControlPort.CITADEL_HTTP));
      files.writeSettings("galley", settings.alone("galley", ControlPort.GALLEY_HTTP));
      files.writeSettings("pilot", settings.alone("pilot", ControlPort.PILOT_HTTP));
      files.writeSettings("telemetry", settings.alone("telemetry", ControlPort.TELEMETRY_HTTP));
      files.writeSettings("console", settings.alone("console", ControlPort.CONSOLE));
    } else {
      files.writeSettings("control", settings.together());
    }
    List<Workload> together = new ArrayList<>();
    for (Workload workload : workloads) {
      Path file = files.hosted("proxy-" + workload.name());
      switch (plan.hosting(workload)) {
        case SERVICE -> files.writeProxy(file, workload, tokens);
        case ALONE -> files.writeProxies(file, List.of(workload), tokens);
        case TOGETHER -> together.add(workload);
      }
      if (plan.capture() && workload.role() == Workload.Role.SIDECAR) {
        files.writeBookinfo(files.hosted(workload.name()), List.of(workload));
      }
    }
    files.writeProxies(files.hosted("proxies"), together, tokens);
    files.writeBookinfo(files.hosted("bookinfo"), plan.sidecars());
    clear(files.targets());
    files.writeTargets("mesh", workloads);
  }

  private static void clear(Path folder) throws IOException {
    if (Files.isDirectory(folder)) {
      try (Stream<Path> files = Files.list(folder)) {
        for (Path file : files.toList()) {
          Files.delete(file);
        }
      }
    }
  }

  private void launch(List<Part> parts) throws IOException {
    for (Part part : parts) {
      running.add(RunningPart.start(part, false));
      save();
    }
  }

  private MeshState save() throws IOException {
    MeshState state =
        new MeshState(
            plan.dir().toString(),
            plan.state().toString(),
            plan.offset(),
            plan.entrance(),
            plan.capture(),
            plan.envoy() == null ? null : plan.envoy().toString(),
            plan.urls(),
            plan.application() ? plan.applicationUrl() : "",
            running.stream().map(RunningPart::state).toList());
    state.write();
    return state;
  }

  private void await(List<Part> parts) {
    for (Part part : parts) {
      waiting.untilReady(running.stream().filter(r -> r.part() == part).findFirst().orElseThrow());
    }
  }

  private void awaitTrial() {
    if (plan.application()) {
      waiting.untilAnswered("mesh", URI.create(plan.applicationUrl()));
    }
  }

  /** Calls {@code told} with a sentence for each process that ends though nobody stopped it. */
  public void watch(Consumer<String> told) {
    for (RunningPart part : running) {
      part.process()
          .onExit()
          .thenAccept(
              process -> {
                if (!stopping) {
                  told.accept(part.ended());
                }
              });
    }
  }

  /** Waits until every process has ended. */
  public void join() {
    running.forEach(part -> part.process().onExit().join());
  }

  /** Stops everything, the proxies first, so that they drain while the rest still answers. */
  public void stop() {
    if (!ours) {
      return;
    }
    stopping = true;
    try {
      // What was restarted meanwhile stands in the file only.
      var state = MeshState.read(plan.state());
      if (state.isPresent()) {
        stop(state.get());
      }
      running.reversed().forEach(part -> RunningPart.stop(part.process().toHandle()));
      if (captured != null) {
        captured.close();
      }
    } catch (IOException e) {
      throw new MeshException(
          "The files in " + plan.state() + " cannot be read or written: " + e.getMessage() + ".",
          e);
    }
  }

  /** Stops the mesh of {@code state}, which another process may have started. */
  public static void stop(MeshState state) throws IOException {
    Map<Boolean, List<ProcessHandle>> processes =
        state.parts().stream()
            .flatMap(part -> part.process().stream().map(p -> Map.entry(isProxy(part), p)))
            .collect(
                Collectors.partitioningBy(
                    Map.Entry::getKey,
                    Collectors.mapping(Map.Entry::getValue, Collectors.toList())));
    RunningPart.stop(processes.getOrDefault(true, List.of()));
    RunningPart.stop(processes.getOrDefault(false, List.of()));
    if (state.capture()) {
      CaptureNetwork.remove(new Addresses(state.offset(), true).network());
    }
    state.forget();
  }

  private static boolean isProxy(MeshState.PartState part) {
    return part.name().startsWith("prox");
  }

  /**
   * Stops one process if it still runs, starts it again and returns once it is ready.
   *
   * @throws MeshException if there is none of that name, or it does not become ready
   */
  public static void restart(MeshState state, String name, Progress progress) throws IOException {
    MeshState.PartState part = state.part(name);
    part.process().ifPresent(RunningPart::stop);
    RunningPart again = RunningPart.start(part.part(), true);
    state.with(again.state()).write();
    new Waiting(progress, Path.of(state.state()), () -> List.of(again), PATIENCE).untilReady(again);
  }
}
