// SPDX-License-Identifier: Apache-2.0
package io.flotilla.gateway;

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
public class GatewayReadiness implements HealthCheck {
  private final GatewayAgent gateway;

  GatewayReadiness(GatewayAgent gateway) {
    this.gateway = gateway;
  }

  @Override
  public HealthCheckResponse call() {
    AgentStatus status = gateway.agent().status();
    return HealthCheckResponse.named("gateway")
        .status(status.ready())
        .withData("reason", status.reason())
        .build();
  }
}
