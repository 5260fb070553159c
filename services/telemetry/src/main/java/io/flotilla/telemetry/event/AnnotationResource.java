// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.event;

import com.fasterxml.jackson.databind.JsonNode;
import io.flotilla.shell.MeshEvent;
import jakarta.ws.rs.BadRequestException;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.time.DateTimeException;
import java.time.Instant;
import java.util.List;
import java.util.Map;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jspecify.annotations.Nullable;

/** The time line that is drawn beside figures: what changed, when. */
@Path("/telemetry/api/annotations")
@Produces(MediaType.APPLICATION_JSON)
public class AnnotationResource {
  private final Annotations annotations;

  AnnotationResource(Annotations annotations) {
    this.annotations = annotations;
  }

  /** One event of the time line. */
  public record Annotation(
      String id, String time, String type, String source, String subject, JsonNode data) {
    static Annotation of(MeshEvent event) {
      return new Annotation(
          event.id(),
          event.time().toString(),
          event.type(),
          event.source(),
          event.subject(),
          event.data());
    }
  }

  /** The newest first, from {@code since} (RFC 3339) on. */
  @GET
  @Operation(
      operationId = "getAnnotations",
      summary = "Events of configuration, proxies and certificates")
  public List<Annotation> get(
      @QueryParam("since") @Nullable String since,
      @QueryParam("limit") @DefaultValue("100") int limit) {
    try {
      Instant from = since == null || since.isBlank() ? Instant.EPOCH : Instant.parse(since);
      return annotations.since(from, Math.clamp(limit, 0, 10_000)).stream()
          .map(Annotation::of)
          .toList();
    } catch (DateTimeException e) {
      throw new BadRequestException(
          Response.status(400)
              .type(MediaType.APPLICATION_JSON)
              .entity(Map.of("error", "since is no time of RFC 3339, as 2026-01-31T12:00:00Z"))
              .build());
    }
  }
}
