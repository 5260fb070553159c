// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.sampling;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.flotilla.telemetry.api.jaeger.proto.OperationSamplingStrategy;
import io.flotilla.telemetry.api.jaeger.proto.PerOperationSamplingStrategies;
import io.flotilla.telemetry.api.jaeger.proto.SamplingStrategyResponse;
import io.smallrye.common.annotation.RunOnVirtualThread;
import jakarta.ws.rs.GET;
import jakarta.ws.rs.Path;
import jakarta.ws.rs.Produces;
import jakarta.ws.rs.QueryParam;
import jakarta.ws.rs.core.MediaType;
import jakarta.ws.rs.core.Response;
import org.eclipse.microprofile.openapi.annotations.Operation;
import org.jspecify.annotations.Nullable;

/**
 * Jaeger's remote sampling over HTTP: {@code /sampling} on the agent's port 5778, {@code
 * /api/sampling} on the collector's 14268.
 */
@Path("/telemetry")
@Produces(MediaType.APPLICATION_JSON)
@RunOnVirtualThread
public class SamplingResource {
  private final SamplingStrategies strategies;

  SamplingResource(SamplingStrategies strategies) {
    this.strategies = strategies;
  }

  /** As the agent answers. */
  @GET
  @Path("jaeger-agent/sampling")
  @Operation(operationId = "getSamplingStrategy", summary = "How much a service shall sample")
  public Response ofAgent(@QueryParam("service") @Nullable String service) {
    return answer(service);
  }

  /** The path that older clients ask. */
  @GET
  @Path("jaeger-agent")
  @Operation(hidden = true)
  public Response ofOldAgent(@QueryParam("service") @Nullable String service) {
    return answer(service);
  }

  /** As the collector answers. */
  @GET
  @Path("jaeger-collector/api/sampling")
  @Operation(hidden = true)
  public Response ofCollector(@QueryParam("service") @Nullable String service) {
    return answer(service);
  }

  /** Nothing restricts baggage here. */
  @GET
  @Path("jaeger-agent/baggageRestrictions")
  @Operation(hidden = true)
  public Response baggage() {
    return Response.ok("[]").build();
  }

  private Response answer(@Nullable String service) {
    return service == null || service.isEmpty()
        ? Response.status(400)
            .type(MediaType.TEXT_PLAIN)
            .entity("'service' parameter must be provided once")
            .build()
        : Response.ok(json(strategies.of(service))).build();
  }

  private static ObjectNode json(SamplingStrategyResponse strategy) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("strategyType", strategy.getStrategyType().name());
    if (strategy.hasProbabilisticSampling()) {
      json.putObject("probabilisticSampling")
          .put("samplingRate", strategy.getProbabilisticSampling().getSamplingRate());
    }
    if (strategy.hasRateLimitingSampling()) {
      json.putObject("rateLimitingSampling")
          .put("maxTracesPerSecond", strategy.getRateLimitingSampling().getMaxTracesPerSecond());
    }
    if (strategy.hasOperationSampling()) {
      PerOperationSamplingStrategies operations = strategy.getOperationSampling();
      ObjectNode all = json.putObject("operationSampling");
      all.put("defaultSamplingProbability", operations.getDefaultSamplingProbability());
      all.put("defaultLowerBoundTracesPerSecond", operations.getDefaultLowerBoundTracesPerSecond());
      var list = all.putArray("perOperationStrategies");
      for (OperationSamplingStrategy operation : operations.getPerOperationStrategiesList()) {
        list.addObject()
            .put("operation", operation.getOperation())
            .putObject("probabilisticSampling")
            .put("samplingRate", operation.getProbabilisticSampling().getSamplingRate());
      }
      all.put("defaultUpperBoundTracesPerSecond", operations.getDefaultUpperBoundTracesPerSecond());
    }
    return json;
  }
}
