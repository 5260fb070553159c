// SPDX-License-Identifier: Apache-2.0
package io.flotilla.cli.mesh;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;

/** A process of the mesh that was started by us. */
final class RunningPart {
  private static final Duration PATIENCE = Duration.ofSeconds(20);
  private static final List<Path> SETSID =
      List.of(Path.of("/usr/bin/setsid"), Path.of("/bin/setsid"));

  private final Part part;
  private final Process process;

  private RunningPart(Part part, Process process) {
    this.part = part;
    this.process = process;
  }

  /**
   * Starts it.
   *
   * @param again whether its log goes on
   */
  static RunningPart start(Part part, boolean again) throws IOException {
    Files.createDirectories(part.log().getParent());
    List<String> command = new ArrayList<>();
    // In a session of its own, so that Ctrl-C reaches only us and we stop the parts in order.
    SETSID.stream()
        .filter(Files::isExecutable)
        .findFirst()
        .ifPresent(s -> command.add(s.toString()));
    command.addAll(part.command());
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectInput(ProcessBuilder.Redirect.from(Path.of("/dev/null").toFile()))
            .redirectOutput(
                again
                    ? ProcessBuilder.Redirect.appendTo(part.log().toFile())
                    : ProcessBuilder.Redirect.to(part.log().toFile()));
    // One arena of the C library a thread would cost more than the whole heap.
    builder.environment().put("MALLOC_ARENA_MAX", "2");
    return new RunningPart(part, builder.start());
  }

  Part part() {
    return part;
  }

  Process process() {
    return process;
  }

  MeshState.PartState state() {
    return new MeshState.PartState(
        part.name(),
        part.title(),
        process.pid(),
        process.info().startInstant().orElse(Instant.EPOCH).toEpochMilli(),
        part.command(),
        part.log().toString(),
        part.probes().stream().map(Object::toString).toList());
  }

  /** SIGTERM; after {@link #PATIENCE} SIGKILL. Returns when it is gone. */
  static void stop(ProcessHandle process) {
    stop(List.of(process));
  }

  /** The same for several at once. */
  static void stop(List<ProcessHandle> processes) {
    processes.forEach(ProcessHandle::destroy);
    processes.forEach(RunningPart::awaitEnd);
  }

  private static void awaitEnd(ProcessHandle process) {
    try {
      process.onExit().get(PATIENCE.toSeconds(), TimeUnit.SECONDS);
    } catch (TimeoutException e) {
      process.destroyForcibly();
      process.onExit().join();
    } catch (ExecutionException e) {
      throw new IllegalStateException("waiting for a process failed", e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      process.destroyForcibly();
    }
  }

  /** A sentence for a process that is no more. */
  String ended() {
    return "The process '"
        + part.name()
        + "' ended with status "
        + process.exitValue()
        + ": see "
        + part.log()
        + ".";
  }

  /** The last lines of its log. */
  List<String> lastWords(int lines) {
    return tail(part.log(), lines);
  }

  static List<String> tail(Path log, int lines) {
    try (var in = java.nio.channels.FileChannel.open(log)) {
      long from = Math.max(0, in.size() - 64 * 1024L);
      var buffer = java.nio.ByteBuffer.allocate((int) (in.size() - from));
      in.read(buffer, from);
      List<String> all =
          new String(buffer.array(), java.nio.charset.StandardCharsets.UTF_8).lines().toList();
      return all.subList(Math.max(0, all.size() - lines), all.size());
    } catch (IOException e) {
      return List.of();
    }
  }
}
