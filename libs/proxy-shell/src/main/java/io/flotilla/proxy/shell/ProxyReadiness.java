// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.shell;

import io.flotilla.agent.AgentStatus;
import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.Readiness;

/**
 * Ready once listeners are bound, the first configuration is in force and a certificate is held.
 */
@Readiness
@ApplicationScoped
public class ProxyReadiness implements HealthCheck {
  private final ProxyProcess proxy;

  ProxyReadiness(ProxyProcess proxy) {
    this.proxy = proxy;
  }

  @Override
  public HealthCheckResponse call() {
    AgentStatus status = proxy.status();
    return HealthCheckResponse.named("proxy")
        .status(status.ready())
        .withData("reason", status.reason())
        .build();
  }
}
