// SPDX-License-Identifier: Apache-2.0
package io.flotilla.gateway;

import io.flotilla.agent.AgentStatus;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import org.eclipse.microprofile.openapi.annotations.Operation;

/** What the gateway is doing. */
@Path("/gateway/api")
@Produces(MediaType.APPLICATION_JSON)
public class GatewayResource {
  private final GatewayAgent gateway;

  GatewayResource(GatewayAgent gateway) {
    this.gateway = gateway;
  }

  /** Whether it is ready and, if not, what it waits for. */
  @GET
  @Path("/status")
  @Operation(
      summary = "Readiness, configuration revision, certificate and listeners of the gateway")
  public AgentStatus status() {
    return gateway.agent().status();
  }
}
