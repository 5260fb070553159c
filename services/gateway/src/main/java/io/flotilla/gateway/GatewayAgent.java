// SPDX-License-Identifier: Apache-2.0
package io.flotilla.gateway;

import io.flotilla.agent.PodEnvironment;
import io.flotilla.agent.ProxyAgent;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.io.IOException;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/**
 * Starts and stops the proxy at the edge of the mesh with its process. Its configuration comes from
 * the pod's environment, see {@link PodEnvironment}.
 */
@ApplicationScoped
public class GatewayAgent {
  private @Nullable ProxyAgent agent;

  void start(@Observes StartupEvent started) throws IOException {
    agent = ProxyAgent.start(new PodEnvironment(System.getenv(), Path.of("/")).config("router"));
  }

  void stop(@Observes ShutdownEvent stopping) {
    if (agent != null) {
      agent.close();
    }
  }

  /** The agent that runs in this process. */
  ProxyAgent agent() {
    if (agent == null) {
      throw new IllegalStateException("the gateway has not started yet");
    }
    return agent;
  }
}
