// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.mesh;

import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.net.URI;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;

/**
 * A mesh that {@code ./flotilla up --detach} started, in a new folder and beside whatever else runs
 * on the machine. The system property {@code flotilla.dataplane} (flotilla or envoy) says what its
 * proxies are; {@code flotilla.envoy} where Envoy is, {@code flotilla.capture} (true or false)
 * whether workloads have network namespaces, {@code flotilla.root} is the checkout, {@code
 * flotilla.corpus} upstream's files.
 */
public final class RunningMesh implements AutoCloseable {
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int ATTEMPTS = 4;
  private static final int COMMAND_SECONDS = 240;
  // Those of the control plane that this machine alone may reach.
  private static final int CONSOLE = 20001;
  private static final int GALLEY = 9901;
  private static final int FIRST_CAPTURED = 10;

  private final Path folder;
  private final int offset;
  private final Map<String, String> environment;

  private RunningMesh(Path folder, int offset, Map<String, String> environment) {
    this.folder = folder;
    this.offset = offset;
    this.environment = environment;
  }

  /** What a command of the launcher said. */
  public record Outcome(int status, String output) {}

  /**
   * Starts a mesh with the bookinfo sample.
   *
   * @param options further options of {@code up}
   * @throws IllegalStateException with the command's output if it does not become ready
   */
  public static RunningMesh start(String... options) throws IOException, InterruptedException {
    return start(Map.of(), options);
  }

  /**
   * The same with settings of services in the environment ({@code FLOTILLA_PILOT_...}).
   *
   * @param environment variables of the mesh's processes, beside the caller's own
   */
  public static RunningMesh start(Map<String, String> environment, String... options)
      throws IOException, InterruptedException {
    String last = "";
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      // Below the range of ephemeral ports even for the highest port; another try when taken.
      int offset = 1000 + ThreadLocalRandom.current().nextInt(11_000);
      RunningMesh mesh =
          new RunningMesh(Files.createTempDirectory("flotilla-mesh"), offset, environment);
      List<String> command =
          new ArrayList<>(List.of("up", "--detach", "--dir", mesh.dir().toString()));
      if (dataplane().equals("envoy")) {
        command.add("--envoy");
        command.add(required("flotilla.envoy"));
      }
      if (captures()) {
        assumeTrue(
            System.getProperty("os.name").equals("Linux")
                && System.getProperty("user.name").equals("root"),
            "network namespaces need root on Linux");
        command.add("--capture");
      }
      command.addAll(Arrays.asList(options));
      Outcome outcome = mesh.flotilla(command.toArray(String[]::new));
      if (outcome.status() == 0) {
        return mesh;
      }
      last = outcome.output() + mesh.lastWords();
      delete(mesh.folder);
      if (!outcome.output().contains("cannot be used")) {
        break;
      }
    }
    throw new IllegalStateException("./flotilla up failed:\n" + last);
  }

  /** "flotilla" or "envoy". */
  public static String dataplane() {
    return System.getProperty("flotilla.dataplane", "flotilla");
  }

  /** Whether each workload has a network namespace of its own, where its traffic is intercepted. */
  public static boolean captures() {
    return Boolean.getBoolean("flotilla.capture");
  }

  /** Runs {@code ./flotilla ARGUMENTS --offset N} to its end. */
  public Outcome flotilla(String... arguments) throws IOException, InterruptedException {
    Path output = Files.createTempFile(folder, "output", ".txt");
    Process process = builder(arguments).redirectOutput(output.toFile()).start();
    if (!process.waitFor(COMMAND_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
      return new Outcome(-1, Files.readString(output) + "\n(did not end)");
    }
    return new Outcome(process.exitValue(), Files.readString(output));
  }

  /** Starts {@code ./flotilla ARGUMENTS --offset N} and leaves it running. */
  public Process launch(String... arguments) throws IOException {
    return builder(arguments).redirectOutput(ProcessBuilder.Redirect.DISCARD).start();
  }

  private ProcessBuilder builder(String... arguments) {
    List<String> command = new ArrayList<>();
    command.add(root().resolve("flotilla").toString());
    command.add(arguments[0]);
    command.add("--offset");
    command.add(String.valueOf(offset));
    command.addAll(Arrays.asList(arguments).subList(1, arguments.length));
    ProcessBuilder builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.environment().putAll(environment);
    builder.environment().put("FLOTILLA_HOME", folder.resolve("home").toString());
    return builder;
  }

  /** The checkout. */
  public static Path root() {
    return Path.of(required("flotilla.root"));
  }

  /** The watched directory. */
  public Path dir() {
    return folder.resolve("dir");
  }

  /** The state directory: logs, tokens, targets. */
  public Path state() {
    return folder.resolve("home").resolve("state-" + offset);
  }

  /** What {@code ./flotilla status --output json} says. */
  public JsonNode status() throws IOException, InterruptedException {
    String output = flotilla("status", "--output", "json").output();
    return JSON.readTree(output.substring(output.indexOf('{')));
  }

  /** The ingress gateway, "http://127.0.0.1:PORT". */
  public URI entrance() {
    return URI.create("http://127.0.0.1:" + (8080 + offset));
  }

  /** A port of the control plane, by the number it has without an offset. */
  public URI control(int port) {
    boolean onBridge = captures() && port != CONSOLE && port != GALLEY;
    return URI.create(
        "http://"
            + (onBridge ? "10.133." + network() + ".1" : "127.0.0.1")
            + ":"
            + (port + offset));
  }

  /** Which of the networks of a machine it has: the third byte of its addresses. */
  public int network() {
    return offset % 250;
  }

  /** The address of workload {@code number}'s proxy, on loopback or in its namespace. */
  public String proxyAddress(int number) {
    return captures()
        ? "10.133." + network() + "." + (FIRST_CAPTURED + number)
        : "127.10." + network() + "." + number;
  }

  /** Copies one of upstream's files, as a user would: {@code cp FILE DIR}. */
  public void applyUpstream(String path) throws IOException {
    Path file = Path.of(required("flotilla.corpus")).resolve(path);
    apply(file.getFileName().toString(), Files.readString(file));
  }

  /** Saves a file into the watched directory. */
  public void apply(String name, String yaml) throws IOException {
    Path half = folder.resolve("half");
    Files.writeString(half, yaml);
    Files.move(half, dir().resolve(name), StandardCopyOption.REPLACE_EXISTING);
  }

  /** Removes a file from the watched directory. */
  public void remove(String name) throws IOException {
    Files.deleteIfExists(dir().resolve(name));
  }

  /** The end of every log. */
  public String lastWords() {
    StringBuilder all = new StringBuilder();
    try (Stream<Path> logs = Files.list(state().resolve("logs"))) {
      for (Path log : logs.sorted().toList()) {
        List<String> lines = Files.readString(log, StandardCharsets.UTF_8).lines().toList();
        all.append("\n== ").append(log.getFileName()).append('\n');
        all.append(String.join("\n", lines.subList(Math.max(0, lines.size() - 30), lines.size())));
      }
    } catch (IOException e) {
      all.append("\n(no logs: ").append(e.getMessage()).append(')');
    }
    return all.toString();
  }

  @Override
  public void close() throws IOException, InterruptedException {
    flotilla("down");
    if (!Boolean.getBoolean("flotilla.keep")) {
      delete(folder);
    }
  }

  private static void delete(Path folder) throws IOException {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    }
  }

  private static String required(String property) {
    String value = System.getProperty(property);
    if (value == null) {
      throw new IllegalStateException("the system property " + property + " is not set");
    }
    return value;
  }
}
