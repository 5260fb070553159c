// SPDX-License-Identifier: Apache-2.0
package io.flotilla.agent.envoy;

import io.flotilla.agent.AgentConfig;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * Runs one Envoy and starts it again when it ends unasked, with a pause that doubles from one
 * second to a minute.
 */
public final class EnvoyProcess implements AutoCloseable {
  private static final Logger LOG = Logger.getLogger(EnvoyProcess.class);
  private static final long FIRST_PAUSE_MILLIS = 1_000;
  private static final long LONGEST_PAUSE_MILLIS = 60_000;

  private final AgentConfig config;
  private final Path bootstrap;
  private final int baseId;
  private final Object lock = new Object();
  private @Nullable Process process;
  private boolean closed;

  private EnvoyProcess(AgentConfig config, Path bootstrap, int baseId) {
    this.config = config;
    this.bootstrap = bootstrap;
    this.baseId = baseId;
  }

  /**
   * Writes the bootstrap beside the state and starts Envoy.
   *
   * @param sdsSocket where the agent serves SDS
   * @param baseId distinct among the Envoys of a machine
   * @throws IOException if the bootstrap cannot be written or the binary cannot be run
   */
  public static EnvoyProcess start(AgentConfig config, Path sdsSocket, int baseId)
      throws IOException {
    Path bootstrap = config.stateDir().resolve("envoy-" + config.name() + ".json");
    Files.writeString(bootstrap, EnvoyBootstrap.of(config, sdsSocket));
    EnvoyProcess envoy = new EnvoyProcess(config, bootstrap, baseId);
    envoy.begin();
    return envoy;
  }

  /**
   * Starts Envoy and watches over it, both on one platform thread: Envoy asks the kernel for
   * SIGTERM at the end of the thread that started it, and a virtual thread's carrier ends when it
   * idles.
   */
  private void begin() throws IOException {
    CompletableFuture<Process> first = new CompletableFuture<>();
    Thread.ofPlatform()
        .daemon()
        .name("envoy-" + config.name())
        .start(
            () -> {
              try {
                first.complete(launch());
              } catch (IOException e) {
                first.completeExceptionally(e);
                return;
              }
              supervise();
            });
    try {
      first.get();
    } catch (ExecutionException e) {
      throw new IOException("Envoy cannot be started: " + e.getCause(), e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new IOException("interrupted while Envoy started", e);
    }
  }

  private Process launch() throws IOException {
    String binary = config.envoyBinary();
    if (binary == null) {
      throw new IllegalStateException("no Envoy binary is configured for " + config.name());
    }
    Path log = config.stateDir().resolve("envoy-" + config.name() + ".log");
    ProcessBuilder builder =
        new ProcessBuilder(
            List.of(
                binary,
                "-c",
                bootstrap.toString(),
                "--base-id",
                Integer.toString(baseId),
                "--concurrency",
                "1",
                "--drain-time-s",
                Integer.toString(config.drainSeconds()),
                "--log-level",
                "warning"));
    builder
        .redirectErrorStream(true)
        .redirectOutput(ProcessBuilder.Redirect.appendTo(log.toFile()));
    synchronized (lock) {
      Process started = builder.start();
      process = started;
      return started;
    }
  }

  private void supervise() {
    long pause = FIRST_PAUSE_MILLIS;
    while (true) {
      Process current;
      synchronized (lock) {
        current = process;
        if (closed || current == null) {
          return;
        }
      }
      try {
        long began = System.nanoTime();
        int status = current.waitFor();
        synchronized (lock) {
          if (closed) {
            return;
          }
        }
        if (TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - began) > LONGEST_PAUSE_MILLIS) {
          pause = FIRST_PAUSE_MILLIS;
        }
        LOG.errorf(
            "Envoy of %s ended with status %d; it is started again in %d ms",
            config.name(), status, pause);
        Thread.sleep(pause);
        pause = Math.min(2 * pause, LONGEST_PAUSE_MILLIS);
        synchronized (lock) {
          if (closed) {
            return;
          }
        }
        launch();
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        return;
      } catch (IOException e) {
        LOG.errorf("Envoy of %s cannot be started: %s", config.name(), e.getMessage());
        return;
      }
    }
  }

  /** Whether the process is there. */
  public boolean isAlive() {
    synchronized (lock) {
      return process != null && process.isAlive();
    }
  }

  /** Asks Envoy to end (SIGTERM), waits for the drain time, then ends it. */
  @Override
  public void close() {
    Process current;
    synchronized (lock) {
      closed = true;
      current = process;
    }
    if (current == null) {
      return;
    }
    current.destroy();
    try {
      if (!current.waitFor(config.drainSeconds() + 2L, TimeUnit.SECONDS)) {
        current.destroyForcibly();
      }
    } catch (InterruptedException e) {
      current.destroyForcibly();
      Thread.currentThread().interrupt();
    }
  }
}
