// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.sampling;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.flotilla.telemetry.api.jaeger.proto.OperationSamplingStrategy;
import io.flotilla.telemetry.api.jaeger.proto.PerOperationSamplingStrategies;
import io.flotilla.telemetry.api.jaeger.proto.ProbabilisticSamplingStrategy;
import io.flotilla.telemetry.api.jaeger.proto.RateLimitingSamplingStrategy;
import io.flotilla.telemetry.api.jaeger.proto.SamplingStrategyResponse;
import io.flotilla.telemetry.api.jaeger.proto.SamplingStrategyType;
import java.io.IOException;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * Jaeger's file of sampling strategies (its documentation, "Sampling", "File-based sampling"): a
 * default and one strategy a service, each with strategies of operations, which are probabilistic.
 * A service's operations add to those of the default.
 */
record StrategiesFile(
    SamplingStrategyResponse otherwise, Map<String, SamplingStrategyResponse> byService) {
  private static final ObjectMapper JSON = new ObjectMapper();

  StrategiesFile {
    byService = Map.copyOf(byService);
  }

  SamplingStrategyResponse of(String service) {
    return byService.getOrDefault(service, otherwise);
  }

  static SamplingStrategyResponse probabilistic(double rate) {
    return SamplingStrategyResponse.newBuilder()
        .setStrategyType(SamplingStrategyType.PROBABILISTIC)
        .setProbabilisticSampling(ProbabilisticSamplingStrategy.newBuilder().setSamplingRate(rate))
        .build();
  }

  /**
   * Reads the file.
   *
   * @param otherwise the default where the file has none
   * @throws IllegalArgumentException naming what is wrong with it
   */
  static StrategiesFile read(byte[] json, SamplingStrategyResponse otherwise) throws IOException {
    JsonNode root = JSON.readTree(json);
    JsonNode common = root.path("default_strategy");
    SamplingStrategyResponse byDefault =
        common.isObject() ? strategy("the default strategy", common, common) : otherwise;
    Map<String, SamplingStrategyResponse> services = new HashMap<>();
    for (JsonNode service : root.path("service_strategies")) {
      String name = service.path("service").asText("");
      if (name.isEmpty()) {
        throw new IllegalArgumentException("a service strategy names no service");
      }
      services.put(name, strategy("the strategy of service " + name, service, common));
    }
    return new StrategiesFile(byDefault, services);
  }

  private static SamplingStrategyResponse strategy(String what, JsonNode own, JsonNode common) {
    double param = own.path("param").asDouble(-1);
    SamplingStrategyResponse.Builder strategy =
        switch (own.path("type").asText("")) {
          case "probabilistic" -> probabilistic(probability(what, param)).toBuilder();
          case "ratelimiting" -> {
            if (param < 0 || param > Integer.MAX_VALUE) {
              throw new IllegalArgumentException(
                  what + " has the param " + param + ", which is no number of traces a second");
            }
            yield SamplingStrategyResponse.newBuilder()
                .setStrategyType(SamplingStrategyType.RATE_LIMITING)
                .setRateLimitingSampling(
                    RateLimitingSamplingStrategy.newBuilder().setMaxTracesPerSecond((int) param));
          }
          default ->
              throw new IllegalArgumentException(
                  what
                      + " has the type '"
                      + own.path("type").asText("")
                      + "'; probabilistic and ratelimiting are known");
        };
    Map<String, Double> operations = new LinkedHashMap<>();
    operations(what, own, operations);
    operations(what, common, operations);
    if (!operations.isEmpty()) {
      PerOperationSamplingStrategies.Builder all =
          PerOperationSamplingStrategies.newBuilder()
              .setDefaultSamplingProbability(strategy.getProbabilisticSampling().getSamplingRate());
      operations.forEach(
          (operation, rate) ->
              all.addPerOperationStrategies(
                  OperationSamplingStrategy.newBuilder()
                      .setOperation(operation)
                      .setProbabilisticSampling(
                          ProbabilisticSamplingStrategy.newBuilder().setSamplingRate(rate))));
      strategy.setOperationSampling(all);
    }
    return strategy.build();
  }

  private static void operations(String what, JsonNode of, Map<String, Double> into) {
    for (JsonNode operation : of.path("operation_strategies")) {
      String name = operation.path("operation").asText("");
      if (!operation.path("type").asText("").equals("probabilistic")) {
        throw new IllegalArgumentException(
            what + ": operation '" + name + "' must be probabilistic");
      }
      into.putIfAbsent(
          name, probability(what + ", operation " + name, operation.path("param").asDouble(-1)));
    }
  }

  private static double probability(String what, double param) {
    if (!(param >= 0 && param <= 1)) {
      throw new IllegalArgumentException(
          what + " has the param " + param + ", which is no probability");
    }
    return param;
  }
}
