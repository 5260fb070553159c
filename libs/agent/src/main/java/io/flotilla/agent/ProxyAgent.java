// SPDX-License-Identifier: Apache-2.0
package io.flotilla.agent;

import io.flotilla.agent.identity.ProxyIdentity;
import io.flotilla.ca.client.HeldIdentity;
import io.flotilla.ca.client.IdentityState;
import io.flotilla.ca.client.WorkloadIdentity;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Clock;
import java.time.Instant;
import java.util.Optional;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * One proxy: gets and renews its identity, keeps its configuration current, runs the dataplane, and
 * answers on Istio's admin ports.
 */
public final class ProxyAgent implements AutoCloseable {
  private final AgentConfig config;
  private final WorkloadIdentity identity;
  private final Dataplane dataplane;
  private final AutoCloseable listening;
  private @Nullable AdminPorts ports;

  private ProxyAgent(AgentConfig config, WorkloadIdentity identity, Dataplane dataplane) {
    this.config = config;
    this.identity = identity;
    this.dataplane = dataplane;
    this.listening = identity.listen(dataplane::identity);
    identity.start();
  }

  /**
   * Starts a proxy; it becomes ready by itself once the control plane is there.
   *
   * @throws IOException if an address cannot be bound or the state folder cannot be made; the
   *     message names it
   */
  public static ProxyAgent start(AgentConfig config) throws IOException {
    if (!Files.isDirectory(config.stateDir())) {
      Files.createDirectories(
          config.stateDir(),
          PosixFilePermissions.asFileAttribute(PosixFilePermissions.fromString("rwx------")));
    }
    WorkloadIdentity identity = ProxyIdentity.of(config, Clock.systemUTC());
    if (config.dataplane().equals("envoy")) {
      return new ProxyAgent(config, identity, new EnvoyDataplane(config, identity));
    }
    EngineDataplane engine = new EngineDataplane(config, identity);
    ProxyAgent agent = new ProxyAgent(config, identity, engine);
    agent.openPorts(engine);
    return agent;
  }

  private void openPorts(EngineDataplane engine) throws IOException {
    try {
      ports = AdminPorts.open(config, this::status, engine);
    } catch (IOException e) {
      close();
      throw e;
    }
  }

  /** How it stands now. */
  public AgentStatus status() {
    IdentityState state = identity.state();
    Optional<Instant> expiry = identity.held().map(HeldIdentity::svid).map(svid -> svid.expiry());
    String waits =
        switch (state) {
          case IdentityState.Held held -> dataplane.waitsFor();
          case IdentityState.Waiting waiting ->
              "no certificate yet" + waiting.lastError().map(e -> ": " + e).orElse("");
          case IdentityState.Expired expired ->
              "the certificate expired at "
                  + expired.expiry()
                  + expired.lastError().map(e -> ": " + e).orElse("");
        };
    return new AgentStatus(
        waits.isEmpty(),
        waits.isEmpty() ? "ready" : waits,
        config.node(EngineDataplane.USER_AGENT, Set.of()).id(),
        dataplane.revision(),
        expiry,
        dataplane.listeners(),
        dataplane.problems());
  }

  /** Drains and stops. */
  @Override
  public void close() {
    try {
      listening.close();
    } catch (Exception e) {
      throw new IllegalStateException("the identity's listener cannot be removed", e);
    } finally {
      dataplane.close();
      if (ports != null) {
        ports.close();
      }
      identity.close();
    }
  }
}
