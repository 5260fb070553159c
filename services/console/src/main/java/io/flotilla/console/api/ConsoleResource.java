// SPDX-License-Identifier: Apache-2.0
package io.flotilla.console.api;

import io.flotilla.console.ConsoleConfig;
import io.flotilla.console.event.TimeLine;
import io.flotilla.console.graph.MeshGraph;
import io.flotilla.console.status.MeshStatus;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.common.annotation.RunOnVirtualThread;
import io.smallrye.mutiny.Multi;
import io.smallrye.mutiny.Uni;
import jakarta.ws.rs.DefaultValue;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.WebApplicationException;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import java.util.List;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jboss.resteasy.reactive.RestStreamElementType;

/** The joined view of the mesh. */
@Path("/console/api")
@Produces(MediaType.APPLICATION_JSON)
public class ConsoleResource {
  private static final String DEFAULT_WINDOW = "60";

  private final MeshViews views;
  private final TimeLine timeLine;
  private final ConsoleConfig config;
  private final AtomicInteger open;

  ConsoleResource(MeshViews views, TimeLine timeLine, ConsoleConfig config, MeterRegistry metrics) {
    this.views = views;
    this.timeLine = timeLine;
    this.config = config;
    this.open =
        java.util.Objects.requireNonNull(
            metrics.gauge("flotilla_console_open_pages", new AtomicInteger()));
  }

  /** Who calls whom, over the last {@code window} seconds. */
  @GET
  @Path("graph")
  @RunOnVirtualThread
  @Operation(operationId = "getMeshGraph", summary = "Workloads and the traffic between them")
  public MeshGraph graph(@QueryParam("window") @DefaultValue(DEFAULT_WINDOW) int window) {
    return views.view(valid(window)).graph();
  }

  /** Proxies, rejected configuration, and which parts answer. */
  @GET
  @Path("status")
  @RunOnVirtualThread
  @Operation(operationId = "getMeshStatus", summary = "Parts, proxies and rejected documents")
  public MeshStatus status() {
    return views.view(valid(Integer.parseInt(DEFAULT_WINDOW))).status();
  }

  /** The newest events, the newest first. */
  @GET
  @Path("events")
  @Operation(
      operationId = "getMeshEvents",
      summary = "Events of configuration, proxies and certificates, the newest first")
  public List<TimeLine.Entry> events(@QueryParam("limit") @DefaultValue("100") int limit) {
    return timeLine.newest(Math.clamp(limit, 0, 10_000));
  }

  /** Graph, status and events at once, now and at each refresh until the caller leaves. */
  @GET
  @Path("live")
  @Produces(MediaType.SERVER_SENT_EVENTS)
  @RestStreamElementType(MediaType.APPLICATION_JSON)
  @Operation(operationId = "watchMesh", summary = "The whole view, again at each refresh")
  public Multi<MeshView> live(
      @QueryParam("window") @DefaultValue(DEFAULT_WINDOW) int requestedWindow) {
    int window = valid(requestedWindow);
    if (open.get() >= config.maxStreams()) {
      throw refused(
          503,
          "there are already "
              + config.maxStreams()
              + " pages open: close one, or raise flotilla.console.max-streams");
    }
    return Multi.createFrom()
        .ticks()
        .startingAfter(java.time.Duration.ofMillis(1))
        .every(config.refresh())
        // A slow reader misses figures; it never makes them queue.
        .onOverflow()
        .drop()
        .onItem()
        .transformToUniAndConcatenate(
            _ -> Uni.createFrom().item(() -> views.view(window)).runSubscriptionOn(views.threads()))
        .onSubscription()
        .invoke(open::incrementAndGet)
        .onTermination()
        .invoke(open::decrementAndGet);
  }

  private static int valid(int window) {
    if (!MeshViews.WINDOWS.contains(window)) {
      throw refused(
          400, "window is " + window + ", but must be one of " + MeshViews.WINDOWS + " seconds");
    }
    return window;
  }

  private static WebApplicationException refused(int status, String sentence) {
    return new WebApplicationException(
        Response.status(status)
            .type(MediaType.APPLICATION_JSON_TYPE)
            .entity(Map.of("error", sentence))
            .build());
  }
}
