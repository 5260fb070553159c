// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.query;

import io.flotilla.telemetry.store.TraceStore;
import io.flotilla.telemetry.store.TraceStores;
import io.flotilla.telemetry.tenant.Tenant;
import io.flotilla.telemetry.tenant.Tenants;
import io.flotilla.telemetry.tenant.UnknownTenantException;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.HttpHeaders;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;

/** The store of the tenant that a request names. */
@ApplicationScoped
public class CallersTraces {
  private final TraceStores stores;
  private final Tenants tenants;
  private final HttpHeaders headers;

  /** The headers are those of the request that is being served. */
  CallersTraces(TraceStores stores, Tenants tenants, HttpHeaders headers) {
    this.stores = stores;
    this.tenants = tenants;
    this.headers = headers;
  }

  /** 401 to a caller that must name its tenant and doesn't. */
  TraceStore store() {
    try {
      return stores.reading(tenants.of(headers.getHeaderString(Tenant.HEADER)));
    } catch (UnknownTenantException e) {
      throw new WebApplicationException(
          Response.status(401).type(MediaType.TEXT_PLAIN).entity(e.getMessage()).build());
    }
  }
}
