// SPDX-License-Identifier: Apache-2.0
package io.flotilla.agent;

import io.flotilla.agent.envoy.EnvoyProcess;
import io.flotilla.agent.identity.SecretSocket;
import io.flotilla.ca.client.HeldIdentity;
import io.flotilla.ca.client.WorkloadIdentity;
import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * An Envoy that takes its configuration from Pilot itself and its certificate from us. It is
 * started with the first certificate, since without it Pilot would refuse it.
 */
final class EnvoyDataplane implements Dataplane {
  // Envoy's shared memory is told apart by this number: the process and the place in it.
  private static final AtomicInteger PLACE = new AtomicInteger();
  private static final int PLACES = 100;
  private static final int PROCESSES = 20_000_000;

  private final AgentConfig config;
  private final Path socket;
  private final SecretSocket secrets;
  private @Nullable EnvoyProcess envoy;
  private String failure = "";

  EnvoyDataplane(AgentConfig config, WorkloadIdentity identity) {
    this.config = config;
    this.socket = config.stateDir().resolve("sds");
    this.secrets = SecretSocket.open(socket, identity);
  }

  @Override
  public synchronized void identity(HeldIdentity identity) {
    if (envoy == null) {
      try {
        long process = ProcessHandle.current().pid() % PROCESSES;
        envoy =
            EnvoyProcess.start(
                config, socket, (int) (process * PLACES) + PLACE.getAndIncrement() % PLACES);
      } catch (IOException e) {
        failure = "Envoy of " + config.name() + " cannot be started: " + e.getMessage();
      }
    }
  }

  @Override
  public synchronized String waitsFor() {
    if (!failure.isEmpty()) {
      return failure;
    }
    return envoy != null && envoy.isAlive() ? "" : "Envoy is not there yet";
  }

  @Override
  public long revision() {
    return 0;
  }

  @Override
  public List<String> listeners() {
    return List.of();
  }

  @Override
  public List<String> problems() {
    return List.of();
  }

  @Override
  public synchronized void close() {
    if (envoy != null) {
      envoy.close();
    }
    secrets.close();
  }
}
