// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.capture;

import io.flotilla.conformance.mesh.RunningMesh;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.TimeUnit;

/**
 * A network namespace beside or inside a captured mesh, and what is run in it.
 *
 * @param name as {@code ip netns list} has it
 * @param address on the mesh's bridge
 */
public record Namespace(String name, String address, boolean ours) implements AutoCloseable {
  private static final int COMMAND_SECONDS = 30;
  private static final int OUTSIDER = 240;

  /** That of workload {@code number}, which the mesh made. */
  static Namespace of(RunningMesh mesh, int number) {
    String address = mesh.proxyAddress(number);
    String last = address.substring(address.lastIndexOf('.') + 1);
    return new Namespace("flt" + mesh.network() + "-" + last, address, false);
  }

  /** A new one on the mesh's bridge that has no sidecar and no rules. */
  static Namespace outside(RunningMesh mesh) throws IOException, InterruptedException {
    String name = "fltx" + mesh.network();
    String address = "10.133." + mesh.network() + "." + OUTSIDER;
    String outer = name + "o";
    must("ip", "netns", "add", name);
    Namespace made = new Namespace(name, address, true);
    try {
      must("ip", "link", "add", outer, "type", "veth", "peer", "name", "eth0", "netns", name);
      must("ip", "link", "set", outer, "master", "flt" + mesh.network() + "-br");
      must("ip", "link", "set", outer, "up");
      must("ip", "-n", name, "addr", "add", address + "/24", "dev", "eth0");
      must("ip", "-n", name, "link", "set", "eth0", "up");
      must("ip", "-n", name, "link", "set", "lo", "up");
      return made;
    } catch (IOException | InterruptedException e) {
      made.close();
      throw e;
    }
  }

  /** What a command came to; {@code output} is both of its streams. */
  public record Outcome(int status, String output) {}

  /** Runs {@code command} inside to its end. */
  public Outcome run(String... command) throws IOException, InterruptedException {
    return execute(inside(command));
  }

  /** Starts {@code command} inside, its output to be read by the caller. */
  public Process start(String... command) throws IOException {
    return new ProcessBuilder(inside(command)).redirectErrorStream(true).start();
  }

  /** Starts the {@code main} of {@code program} inside. */
  Process java(Class<?> program, String... arguments) throws IOException {
    List<String> command =
        new ArrayList<>(
            List.of(
                Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                "-Xmx48m",
                "-cp",
                program.getProtectionDomain().getCodeSource().getLocation().getPath(),
                program.getName()));
    command.addAll(Arrays.asList(arguments));
    return start(command.toArray(String[]::new));
  }

  /**
   * The status of {@code curl URL} inside, "000" where there was no answer. It is told of no proxy.
   */
  String curl(String url, String... options) throws IOException, InterruptedException {
    List<String> command =
        new ArrayList<>(List.of("curl", "-s", "--noproxy", "*", "-m", "5", "-o", "/dev/null"));
    command.addAll(List.of("-w", "%{http_code}"));
    command.addAll(Arrays.asList(options));
    command.add(url);
    return run(command.toArray(String[]::new)).output();
  }

  /** The first line that a server at {@code host:port} says, to a client that only listens. */
  String greeting(String host, int port) throws IOException, InterruptedException {
    String listen = "exec 3<>/dev/tcp/%s/%d && read -r line <&3 && echo \"$line\"";
    return run("timeout", "10", "bash", "-c", listen.formatted(host, port)).output().strip();
  }

  private List<String> inside(String... command) {
    List<String> all = new ArrayList<>(List.of("ip", "netns", "exec", name));
    all.addAll(Arrays.asList(command));
    return all;
  }

  @Override
  public void close() throws IOException, InterruptedException {
    if (ours) {
      must("ip", "netns", "del", name);
    }
  }

  /** Runs {@code command} in the machine's own namespace; its output. */
  public static String must(String... command) throws IOException, InterruptedException {
    Outcome outcome = execute(List.of(command));
    if (outcome.status() != 0) {
      throw new IOException("'" + String.join(" ", command) + "' failed: " + outcome.output());
    }
    return outcome.output();
  }

  private static Outcome execute(List<String> command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (!process.waitFor(COMMAND_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly().waitFor();
    }
    return new Outcome(process.exitValue(), output);
  }
}
