// SPDX-License-Identifier: Apache-2.0
package io.flotilla.citadel.publish;

import io.flotilla.citadel.Citadel;
import io.flotilla.identity.CertificateAuthority;
import java.time.Duration;
import java.time.Instant;
import java.util.Optional;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Readiness;

/** Ready: the authority is loaded and valid, and the CA port listens. */
@Readiness
public class CitadelReadiness implements HealthCheck {
  private final Citadel citadel;

  public CitadelReadiness(Citadel citadel) {
    this.citadel = citadel;
  }

  @Override
  public HealthCheckResponse call() {
    HealthCheckResponseBuilder answer = HealthCheckResponse.named("citadel");
    Optional<CertificateAuthority> authority = citadel.current();
    if (authority.isEmpty() || citadel.port().isEmpty()) {
      return answer.withData("reason", "the CA service does not listen").down().build();
    }
    Instant expiry = authority.orElseThrow().expiry();
    Instant now = Instant.now();
    return answer
        .withData("port", citadel.port().orElseThrow())
        .withData("rootExpiry", authority.orElseThrow().roots().earliestExpiry().toString())
        .withData("issuerExpiry", expiry.toString())
        .withData("daysLeft", Math.max(0, Duration.between(now, expiry).toDays()))
        .status(now.isBefore(expiry))
        .build();
  }
}
