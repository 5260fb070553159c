// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.shell;

import io.flotilla.agent.AgentConfig;
import io.flotilla.agent.AgentStatus;
import io.flotilla.agent.PodEnvironment;
import io.flotilla.agent.ProxyAgent;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** The proxy of this process: starts with it, and drains before it ends. */
@ApplicationScoped
public class ProxyProcess {
  private final ProxyConfig config;
  private @Nullable ProxyAgent agent;

  ProxyProcess(ProxyConfig config) {
    this.config = config;
  }

  void start(@Observes StartupEvent started) throws IOException {
    agent = ProxyAgent.start(read());
  }

  private AgentConfig read() throws IOException {
    return config.config().isPresent()
        ? PodEnvironment.read(config.config().get())
        : new PodEnvironment(System.getenv(), Path.of("/")).config(config.type());
  }

  void stop(@Observes ShutdownEvent stopping) {
    if (agent != null) {
      agent.close();
    }
  }

  /** How the proxy stands now. */
  AgentStatus status() {
    if (agent == null) {
      throw new IllegalStateException("the proxy has not started yet");
    }
    return agent.status();
  }
}
