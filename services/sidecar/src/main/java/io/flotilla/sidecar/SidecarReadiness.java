// SPDX-License-Identifier: Apache-2.0
package io.flotilla.sidecar;

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
public class SidecarReadiness implements HealthCheck {
  private final SidecarAgent sidecar;

  SidecarReadiness(SidecarAgent sidecar) {
    this.sidecar = sidecar;
  }

  @Override
  public HealthCheckResponse call() {
    AgentStatus status = sidecar.agent().status();
    return HealthCheckResponse.named("sidecar")
        .status(status.ready())
        .withData("reason", status.reason())
        .build();
  }
}
