// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.tenant;

import io.flotilla.telemetry.TelemetryConfig;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** Tells tenants apart by {@link Tenant#HEADER}, or takes everybody as one where that is off. */
@ApplicationScoped
public class Tenants {
  private final boolean apart;
  private final Optional<Tenant> unnamed;

  Tenants(TelemetryConfig config) {
    this.apart = config.tenants().enabled();
    this.unnamed = config.tenants().unnamed().map(Tenant::new);
  }

  /**
   * The tenant that a header names.
   *
   * @param header null: there was none
   * @throws UnknownTenantException if one is needed, or the name is no name
   */
  public Tenant of(@Nullable String header) throws UnknownTenantException {
    if (!apart) {
      return Tenant.SINGLE;
    }
    if (header == null || header.isEmpty()) {
      return unnamed.orElseThrow(
          () ->
              new UnknownTenantException(
                  "no org id: name the tenant in the header " + Tenant.HEADER));
    }
    try {
      return new Tenant(header);
    } catch (IllegalArgumentException e) {
      throw new UnknownTenantException(String.valueOf(e.getMessage()));
    }
  }
}
