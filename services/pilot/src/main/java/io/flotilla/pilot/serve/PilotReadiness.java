// SPDX-License-Identifier: Apache-2.0
package io.flotilla.pilot.serve;

import io.flotilla.pilot.Pilot;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Readiness;

/** Ready: a complete configuration is applied and the ports are open. */
@Readiness
public class PilotReadiness implements HealthCheck {
  private final Pilot pilot;

  public PilotReadiness(Pilot pilot) {
    this.pilot = pilot;
  }

  @Override
  public HealthCheckResponse call() {
    HealthCheckResponseBuilder answer =
        HealthCheckResponse.named("pilot")
            .withData("configRevision", pilot.source().revision())
            .withData("revision", pilot.graph().graph().view().revision().number())
            .withData("galleyConnected", pilot.source().isConnected())
            .withData("proxies", pilot.proxies().states().size());
    if (!pilot.source().isComplete()) {
      String why = pilot.source().lastError();
      return answer
          .withData(
              "reason",
              "no complete configuration has come from Galley yet"
                  + (why.isEmpty() ? "" : ": " + why))
          .down()
          .build();
    }
    if (pilot.waitsForCertificate()) {
      return answer
          .withData("reason", "Pilot waits for its certificate from Citadel")
          .down()
          .build();
    }
    return answer.up().build();
  }
}
