// SPDX-License-Identifier: Apache-2.0
package io.flotilla.galley.serve;

import io.flotilla.galley.Galley;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Readiness;

/**
 * Ready: everything was read once and MCP is served. Troubles are told, but don't end readiness.
 */
@Readiness
public class GalleyReadiness implements HealthCheck {
  private final Galley galley;

  public GalleyReadiness(Galley galley) {
    this.galley = galley;
  }

  @Override
  public HealthCheckResponse call() {
    HealthCheckResponseBuilder answer = HealthCheckResponse.named("galley");
    if (galley.mcpPort().isEmpty()) {
      return answer.withData("reason", "MCP is not served yet").down().build();
    }
    answer
        .withData("revision", galley.current().revision())
        .withData("objects", galley.current().objects().size())
        .withData("rejections", galley.current().rejections().size());
    int i = 0;
    for (String trouble : galley.troubles()) {
      answer.withData("trouble" + (i == 0 ? "" : "." + i), trouble);
      i++;
    }
    return answer.up().build();
  }
}
