// SPDX-License-Identifier: Apache-2.0
package io.flotilla.pilot.serve;

import io.flotilla.pilot.PilotConfig;
import io.flotilla.shell.FurtherPort;
import jakarta.enterprise.context.Dependent;
import jakarta.enterprise.inject.Produces;
import java.util.Map;

/** Pilot's well-known HTTP port onto its part of the process's router. */
@Dependent
class PilotPorts {

  @Produces
  @Dependent
  FurtherPort debug(PilotConfig config) {
    return new FurtherPort(
        "Pilot's debug and metrics port",
        config.host(),
        config.ports().debug(),
        Map.of("/debug/", "/pilot/debug/", "/metrics", "/q/metrics", "/ready", "/q/health/ready"));
  }
}
