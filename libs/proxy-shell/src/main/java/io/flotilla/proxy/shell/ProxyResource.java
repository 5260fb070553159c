// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.shell;

import io.flotilla.agent.AgentStatus;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.core.MediaType;
import org.eclipse.microprofile.openapi.annotations.Operation;

/** What the proxy is doing. */
@Path("/proxy/api")
@Produces(MediaType.APPLICATION_JSON)
public class ProxyResource {
  private final ProxyProcess proxy;

  ProxyResource(ProxyProcess proxy) {
    this.proxy = proxy;
  }

  /** Whether it is ready and, if not, what it waits for. */
  @GET
  @Path("/status")
  @Operation(summary = "Readiness, configuration revision, certificate and listeners of the proxy")
  public AgentStatus status() {
    return proxy.status();
  }
}
