// SPDX-License-Identifier: Apache-2.0
package io.flotilla.cli.mesh;

import java.io.IOException;
import java.net.URI;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.List;
import java.util.function.Supplier;

/**
 * Waits until processes are ready, tells how far they are, and gives up as soon as one has ended.
 */
final class Waiting {
  private static final Duration PAUSE = Duration.ofMillis(100);
  private static final int LAST_WORDS = 15;

  private final Progress progress;
  private final Path state;
  private final Supplier<List<RunningPart>> needed;
  private final Duration patience;
  private final Readiness readiness = new Readiness();

  /**
   * @param state the mesh's state directory, named when a wait fails
   * @param needed the processes without which waiting is in vain
   */
  Waiting(Progress progress, Path state, Supplier<List<RunningPart>> needed, Duration patience) {
    this.progress = progress;
    this.state = state;
    this.needed = needed;
    this.patience = patience;
  }

  /**
   * Returns once every probe of {@code part} answers 200.
   *
   * @throws MeshException if that takes too long, or a process ends
   */
  void untilReady(RunningPart part) {
    List<URI> probes = part.part().probes();
    int count = probes.size();
    until(
        part.part().title(),
        () -> {
          int ready = readiness.ready(probes);
          return new Step(
              ready == count, count == 1 ? "starting" : ready + " of " + count + " ready");
        },
        count == 0 ? "started" : count == 1 ? "ready" : count + " ready",
        part.process().info().startInstant().orElse(Instant.now()));
  }

  /**
   * Returns once a request to {@code page} crossed the mesh.
   *
   * @throws MeshException if that takes too long, or a process ends
   */
  void untilAnswered(String title, URI page) {
    until(
        title,
        () -> new Step(readiness.isReady(page), "waiting for a request to cross it"),
        "a request crosses it",
        Instant.now());
  }

  private record Step(boolean done, String how) {}

  private void until(String title, Supplier<Step> question, String done, Instant since) {
    Instant deadline = Instant.now().plus(patience);
    while (true) {
      Step step = question.get();
      Duration took = Duration.between(since, Instant.now());
      if (step.done()) {
        progress.done(title, done, took);
        return;
      }
      RunningPart dead =
          needed.get().stream().filter(r -> !r.process().isAlive()).findFirst().orElse(null);
      if (dead != null) {
        progress.failed(dead.part().title(), "ended");
        throw new MeshException(
            dead.ended(),
            new IOException("its last words:\n" + String.join("\n", dead.lastWords(LAST_WORDS))));
      }
      if (Instant.now().isAfter(deadline)) {
        progress.failed(title, step.how());
        throw new MeshException(
            "The "
                + title
                + " did not become ready within "
                + patience.toSeconds()
                + " seconds ("
                + step.how()
                + "): see the logs in "
                + state.resolve("logs")
                + ".");
      }
      progress.pending(title, step.how() + ", " + Progress.seconds(took));
      pause();
    }
  }

  private static void pause() {
    try {
      Thread.sleep(PAUSE);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new MeshException("The start was interrupted.", e);
    }
  }
}
