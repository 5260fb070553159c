// SPDX-License-Identifier: Apache-2.0
package io.flotilla.cli.mesh;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.MappingIterator;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A process of the user's own in a running mesh: a number and an address, a workload entry (and a
 * service, if none of that name is configured) in the configuration directory, a token, a sidecar
 * in a process of its own. {@link #close} takes all of it away again.
 */
public final class GuestWorkload implements AutoCloseable {
  /** Where the sidecar listens for the workload, whatever port the service has. */
  private static final int INBOUND = 15100;

  private static final int FIRST = 20;
  private static final int LAST = 99;
  private static final Duration PATIENCE = Duration.ofSeconds(60);

  private final Home home;
  private final MeshPlan plan;
  private final Workload workload;
  private final Path claim;
  private final ConfigDirectory config;
  private final AtomicBoolean closed = new AtomicBoolean();
  private volatile @Nullable RunningPart sidecar;
  private volatile @Nullable Process own;

  private GuestWorkload(Home home, MeshPlan plan, Workload workload, Path claim) {
    this.home = home;
    this.plan = plan;
    this.workload = workload;
    this.claim = claim;
    this.config = new ConfigDirectory(plan.dir());
  }

  /**
   * Claims a place in {@code mesh} and announces the workload there.
   *
   * @throws MeshException if a name or the port is not acceptable, or all places are taken
   */
  public static GuestWorkload join(
      Home home, MeshState mesh, String service, String namespace, String version, int port)
      throws IOException {
    label("--service", service);
    label("--namespace", namespace);
    label("--version", version);
    if (port < 1 || port > 65535) {
      throw new MeshException("--port must be 1 to 65535, but is " + port + ".");
    }
    MeshPlan plan =
        new MeshPlan(
            Path.of(mesh.dir()),
            Path.of(mesh.state()),
            mesh.offset(),
            mesh.entrance(),
            false,
            false,
            false,
            null,
            mesh.envoy() == null ? null : Path.of(mesh.envoy()),
            0);
    if (mesh.capture()) {
      throw new MeshException(
          "This mesh runs with --capture, where ./flotilla run has no place: start one without it.");
    }
    Path claims = Files.createDirectories(plan.state().resolve("guests"));
    for (int number = FIRST; number <= LAST; number++) {
      Path claim = claims.resolve(String.valueOf(number));
      if (claimed(claim)) {
        continue;
      }
      Workload workload =
          new Workload(
              number,
              Workload.Role.SIDECAR,
              service + "-" + version + "-" + number,
              namespace,
              service,
              service,
              Map.of("app", service, "version", version),
              Map.of(INBOUND, "127.0.0.1:" + port));
      GuestWorkload guest = new GuestWorkload(home, plan, workload, claim);
      guest.announce(port);
      return guest;
    }
    throw new MeshException(
        "All "
            + (LAST - FIRST + 1)
            + " places for processes of your own are taken: end one that './flotilla run' started.");
  }

  /** Takes the place unless a live process has it. */
  private static boolean claimed(Path claim) throws IOException {
    String us = String.valueOf(ProcessHandle.current().pid());
    try {
      Files.writeString(claim, us, java.nio.file.StandardOpenOption.CREATE_NEW);
      return false;
    } catch (FileAlreadyExistsException e) {
      String holder = Files.readString(claim).strip();
      boolean lives =
          holder.matches("\\d{1,10}")
              && ProcessHandle.of(Long.parseLong(holder)).map(ProcessHandle::isAlive).orElse(false);
      if (!lives) {
        Files.writeString(claim, us);
      }
      return lives;
    }
  }

  private static void label(String option, String value) {
    if (!value.matches("[a-z0-9]([-a-z0-9]{0,50}[a-z0-9])?")) {
      throw new MeshException(
          option
              + " must be a DNS label (small letters, digits and '-', at most 52), but is '"
              + value
              + "'.");
    }
  }

  private void announce(int port) throws IOException {
    String entry = ConfigDirectory.entry(plan.addresses(), workload, Map.of("http", INBOUND));
    String service =
        hasService()
            ? ""
            : ConfigDirectory.service(workload.namespace(), workload.app(), port) + "---\n";
    config.replace(
        file(), "# Written by './flotilla run' and removed when it ends.\n" + service + entry);
  }

  private String file() {
    return "run-" + workload.name() + ".yaml";
  }

  /** Whether a file of the directory has a service of this name; what cannot be read has none. */
  private boolean hasService() throws IOException {
    YAMLMapper yaml = new YAMLMapper();
    try (Stream<Path> files = Files.list(plan.dir())) {
      for (Path file : files.filter(f -> f.toString().matches(".*\\.ya?ml")).toList()) {
        try (MappingIterator<JsonNode> documents =
            yaml.readerFor(JsonNode.class).readValues(file.toFile())) {
          while (documents.hasNext()) {
            JsonNode node = documents.next();
            if (node != null
                && node.path("kind").asText().equals("Service")
                && node.at("/metadata/name").asText().equals(workload.app())
                && node.at("/metadata/namespace").asText("default").equals(workload.namespace())) {
              return true;
            }
          }
        } catch (JacksonException | RuntimeException e) {
          // Galley reports it; here it only has no service.
          continue;
        }
      }
    }
    return false;
  }

  /**
   * Starts the sidecar, then {@code command} with {@code http_proxy} set, and waits for its end.
   *
   * @return the status of {@code command}
   */
  public int run(List<String> command, Progress progress) throws IOException {
    try {
      startSidecar(progress);
      Process process = start(command);
      own = process;
      return process.waitFor();
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return 1;
    } finally {
      close();
    }
  }

  private Process start(List<String> command) throws IOException {
    ProcessBuilder builder = new ProcessBuilder(command).inheritIO();
    String proxy = "http://" + plan.addresses().proxy(workload.number()) + ":15007";
    builder.environment().put("http_proxy", proxy);
    builder.environment().put("HTTP_PROXY", proxy);
    builder.environment().put("no_proxy", "");
    builder.environment().put("NO_PROXY", "");
    try {
      return builder.start();
    } catch (IOException e) {
      throw new MeshException(
          "The command '" + command.getFirst() + "' cannot be run: " + e.getMessage() + ".", e);
    }
  }

  private void startSidecar(Progress progress) throws IOException {
    MeshFiles files = new MeshFiles(plan);
    Tokens tokens = Tokens.in(plan.state().resolve("tokens"));
    String name = "run-" + workload.name();
    files.writeProxies(files.hosted(name), List.of(workload), tokens);
    Part part =
        new MeshParts(home, plan, files, Map.of()).proxies(name, "sidecar", List.of(workload));
    RunningPart started = RunningPart.start(part, false);
    sidecar = started;
    new Waiting(progress, plan.state(), () -> List.of(started), PATIENCE).untilReady(started);
    files.writeTargets(name, List.of(workload));
  }

  @Override
  public void close() {
    if (!closed.compareAndSet(false, true)) {
      return;
    }
    RunningPart started = sidecar;
    Process process = own;
    try {
      if (process != null) {
        // Who ends us and not our group leaves it running otherwise, in a mesh that it has left.
        RunningPart.stop(process.toHandle());
      }
      config.delete(file());
      MeshFiles files = new MeshFiles(plan);
      files.removeTargets("run-" + workload.name());
      Files.deleteIfExists(files.hosted("run-" + workload.name()));
      if (started != null) {
        RunningPart.stop(started.process().toHandle());
      }
      Files.deleteIfExists(claim);
    } catch (IOException e) {
      throw new MeshException(
          "The workload " + workload.name() + " left traces behind: " + e.getMessage() + ".", e);
    }
  }
}
