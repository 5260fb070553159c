// SPDX-License-Identifier: Apache-2.0
package io.flotilla.cli.capture;

import io.flotilla.cli.capture.CaptureRules.Family;
import io.flotilla.cli.capture.CaptureSettings.Mode;
import java.io.IOException;
import java.io.OutputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;

/**
 * Puts {@link CaptureRules} in force in a network namespace, and takes them away again. Both may be
 * done twice; rules of others stay as they are.
 *
 * @param prefix of every command: how it gets into the namespace; empty: the caller's
 */
public record CaptureKernel(List<String> prefix) {
  private static final int COMMAND_SECONDS = 60;

  /** The caller's namespace. */
  public static final CaptureKernel HERE = new CaptureKernel(List.of());

  public CaptureKernel {
    prefix = List.copyOf(prefix);
  }

  /** The namespace that a file stands for, "/var/run/netns/NAME" or "/proc/PID/ns/net". */
  public static CaptureKernel of(String namespace) {
    return new CaptureKernel(List.of("nsenter", "--net=" + namespace, "--"));
  }

  private record Outcome(int status, String output) {}

  /**
   * Puts the rules in force, in the place of those that were there.
   *
   * @param v6 whether those of IPv6 too
   * @throws IOException naming the command that failed, and what it said
   */
  public void apply(CaptureSettings settings, boolean v6) throws IOException {
    for (Family family : families(v6)) {
      remove(settings, family);
      String text = new CaptureRules(settings, family).text();
      must(text, tool(family) + "-restore", "-w", "--noflush");
      route(settings, family);
    }
  }

  private static List<Family> families(boolean v6) {
    return v6 ? List.of(Family.V4, Family.V6) : List.of(Family.V4);
  }

  /** Takes the rules away that {@link #apply} put in force with the same settings. */
  public void clean(CaptureSettings settings, boolean v6) throws IOException {
    for (Family family : families(v6)) {
      remove(settings, family);
    }
  }

  private void remove(CaptureSettings settings, Family family) throws IOException {
    unroute(settings, family);
    for (Mode mode : Mode.values()) {
      clean(settings.in(mode), family);
    }
  }

  private void clean(CaptureSettings settings, Family family) throws IOException {
    for (var table : new CaptureRules(settings, family).removals().entrySet()) {
      for (List<String> rule : table.getValue()) {
        drop(family, table.getKey(), rule);
      }
      // Jumps of rules that were made with other settings.
      for (String line : saved(family, table.getKey())) {
        List<String> words = List.of(line.split(" "));
        if (line.matches("-A (PREROUTING|OUTPUT) .*-j ISTIO_\\w+")) {
          List<String> rule = new ArrayList<>(words);
          rule.set(0, "-D");
          drop(family, table.getKey(), rule);
        }
      }
      for (String command : List.of("-F", "-X")) {
        for (String chain : CaptureRules.CHAINS) {
          run("", tool(family), "-w", "-t", table.getKey(), command, chain);
        }
      }
    }
  }

  private List<String> saved(Family family, String table) throws IOException {
    return run("", tool(family), "-w", "-t", table, "-S").output().lines().toList();
  }

  // As often as it stands there.
  private void drop(Family family, String table, List<String> rule) throws IOException {
    List<String> command = new ArrayList<>(List.of(tool(family), "-w", "-t", table));
    command.addAll(rule);
    while (run("", command.toArray(String[]::new)).status() == 0) {
      continue;
    }
  }

  private static String tool(Family family) {
    return family == Family.V6 ? "ip6tables" : "iptables";
  }

  private static String ip(Family family) {
    return family == Family.V6 ? "-6" : "-4";
  }

  private void route(CaptureSettings settings, Family family) throws IOException {
    if (family == Family.V6) {
      // Of IPv4 all of 127.0.0.0/8 is the machine's own.
      must("", "ip", "-6", "addr", "replace", "::6/128", "dev", "lo");
    }
    if (settings.mode() == Mode.TPROXY && !settings.inbound().isEmpty()) {
      String mark = Integer.toString(settings.mark());
      String table = Integer.toString(settings.routeTable());
      must("", "ip", ip(family), "rule", "add", "fwmark", mark, "lookup", table);
      must(
          "",
          "ip",
          ip(family),
          "route",
          "replace",
          "local",
          "default",
          "dev",
          "lo",
          "table",
          table);
    }
  }

  private void unroute(CaptureSettings settings, Family family) throws IOException {
    String mark = Integer.toString(settings.mark());
    String table = Integer.toString(settings.routeTable());
    while (run("", "ip", ip(family), "rule", "del", "fwmark", mark, "lookup", table).status()
        == 0) {
      continue;
    }
    run("", "ip", ip(family), "route", "flush", "table", table);
  }

  /** Whether the namespace has an address of IPv6 beside those of links and of loopback. */
  public boolean hasV6() throws IOException {
    Outcome outcome = run("", "ip", "-6", "-o", "addr", "show", "scope", "global");
    return outcome.output().lines().anyMatch(line -> !line.contains("::6/128"));
  }

  private void must(String input, String... command) throws IOException {
    Outcome outcome = run(input, command);
    if (outcome.status() != 0) {
      throw new IOException(
          "'"
              + String.join(" ", command)
              + "' failed: "
              + outcome.output().strip()
              + "; capture needs root (or NET_ADMIN and NET_RAW), iptables and iproute2");
    }
  }

  private Outcome run(String input, String... command) throws IOException {
    List<String> all = new ArrayList<>(prefix);
    all.addAll(Arrays.asList(command));
    Process process = new ProcessBuilder(all).redirectErrorStream(true).start();
    CompletableFuture<String> output =
        CompletableFuture.supplyAsync(
            () ->
                process
                    .inputReader(StandardCharsets.UTF_8)
                    .lines()
                    .reduce("", (a, b) -> a + b + "\n"));
    try (OutputStream in = process.getOutputStream()) {
      in.write(input.getBytes(StandardCharsets.UTF_8));
    } catch (IOException e) {
      // It ended without reading; its output says why.
      return ended(process, output, command);
    }
    return ended(process, output, command);
  }

  private static Outcome ended(Process process, CompletableFuture<String> output, String... command)
      throws IOException {
    try {
      if (!process.waitFor(COMMAND_SECONDS, TimeUnit.SECONDS)) {
        process.destroyForcibly();
        throw new IOException("'" + String.join(" ", command) + "' did not end");
      }
    } catch (InterruptedException e) {
      process.destroyForcibly();
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while running " + command[0], e);
    }
    return new Outcome(process.exitValue(), output.join());
  }
}
