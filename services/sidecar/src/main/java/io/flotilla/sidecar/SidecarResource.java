// SPDX-License-Identifier: Apache-2.0
package io.flotilla.sidecar;

import io.flotilla.agent.AgentStatus;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import org.eclipse.microprofile.openapi.annotations.Operation;

/** What the sidecar is doing. */
@Path("/sidecar/api")
@Produces(MediaType.APPLICATION_JSON)
public class SidecarResource {
  private final SidecarAgent sidecar;

  SidecarResource(SidecarAgent sidecar) {
    this.sidecar = sidecar;
  }

  /** Whether it is ready and, if not, what it waits for. */
  @GET
  @Path("/status")
  @Operation(
      summary = "Readiness, configuration revision, certificate and listeners of the sidecar")
  public AgentStatus status() {
    return sidecar.agent().status();
  }
}
