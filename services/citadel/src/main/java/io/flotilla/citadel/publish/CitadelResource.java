// SPDX-License-Identifier: Apache-2.0
package io.flotilla.citadel.publish;

import io.flotilla.citadel.Citadel;
import io.flotilla.identity.CertificateAuthority;
import io.flotilla.identity.InvalidIdentityException;
import io.flotilla.identity.SpiffeId;
import io.smallrye.common.annotation.NonBlocking;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.List;
import java.util.Optional;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.eclipse.microprofile.openapi.annotations.tags.Tag;
import org.jspecify.annotations.Nullable;

/** What Citadel tells by HTTP: public facts only. */
@Path("/citadel/api")
@Tag(name = "citadel", description = "The mesh's certificate authority")
@NonBlocking
public class CitadelResource {
  private static final int MOST = 1000;

  private final Citadel citadel;

  public CitadelResource(Citadel citadel) {
    this.citadel = citadel;
  }

  /** The roots that every workload trusts. */
  @GET
  @Path("root")
  @Produces("application/x-pem-file")
  @Operation(summary = "The roots that every workload trusts, as PEM")
  public String root() {
    return citadel
        .current()
        .map(CertificateAuthority::roots)
        .orElseThrow(() -> problem(503, "Citadel has no authority yet: ask again once it is ready"))
        .pem();
  }

  /** The newest certificates. */
  @GET
  @Path("issued")
  @Produces(MediaType.APPLICATION_JSON)
  @Operation(summary = "The newest certificates: identity, serial number, expiry; no keys")
  public List<IssuedLog.Issue> issued(
      @QueryParam("identity") @Nullable String identity,
      @QueryParam("limit") @DefaultValue("100") int limit) {
    if (limit < 1 || limit > MOST) {
      throw problem(400, "limit must be from 1 to " + MOST + ", but is " + limit);
    }
    try {
      return citadel.issued().newest(Optional.ofNullable(identity).map(SpiffeId::parse), limit);
    } catch (InvalidIdentityException e) {
      throw problem(400, String.valueOf(e.getMessage()));
    }
  }

  private static WebApplicationException problem(int status, String sentence) {
    return new WebApplicationException(
        sentence, Response.status(status).type(MediaType.TEXT_PLAIN_TYPE).entity(sentence).build());
  }
}
