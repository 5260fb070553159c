// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.sampling;

import io.flotilla.telemetry.TelemetryConfig;
import io.flotilla.telemetry.api.jaeger.proto.OperationSamplingStrategy;
import io.flotilla.telemetry.api.jaeger.proto.PerOperationSamplingStrategies;
import io.flotilla.telemetry.api.jaeger.proto.ProbabilisticSamplingStrategy;
import io.flotilla.telemetry.api.jaeger.proto.SamplingStrategyResponse;
import jakarta.enterprise.context.ApplicationScoped;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.Map;
import java.util.Optional;
import org.jboss.logging.Logger;
import org.jspecify.annotations.Nullable;

/**
 * The strategy of each service: from Jaeger's strategies file, which is read again when it changes;
 * where adaptive sampling is on, its probabilities for the operations that it has seen come first.
 * A file that is missing or wrong leaves the last good one in force.
 */
@ApplicationScoped
public class SamplingStrategies {
  private static final Logger LOG = Logger.getLogger(SamplingStrategies.class);

  private final Optional<Path> file;
  private final AdaptiveSampling adaptive;
  private final SamplingStrategyResponse otherwise;
  private @Nullable FileTime read;
  private StrategiesFile strategies;

  SamplingStrategies(TelemetryConfig config, AdaptiveSampling adaptive) {
    this.file = config.sampling().file();
    this.adaptive = adaptive;
    this.otherwise = StrategiesFile.probabilistic(config.sampling().probability());
    this.strategies = new StrategiesFile(otherwise, Map.of());
  }

  /** What the service shall do. */
  public SamplingStrategyResponse of(String service) {
    SamplingStrategyResponse strategy = current().of(service);
    Map<String, Double> learnt = adaptive.probabilities(service);
    if (learnt.isEmpty()) {
      return strategy;
    }
    PerOperationSamplingStrategies.Builder operations =
        PerOperationSamplingStrategies.newBuilder()
            .setDefaultSamplingProbability(adaptive.initialProbability())
            .setDefaultLowerBoundTracesPerSecond(adaptive.leastTracesPerSecond());
    learnt.forEach(
        (operation, probability) ->
            operations.addPerOperationStrategies(
                OperationSamplingStrategy.newBuilder()
                    .setOperation(operation)
                    .setProbabilisticSampling(
                        ProbabilisticSamplingStrategy.newBuilder().setSamplingRate(probability))));
    return StrategiesFile.probabilistic(adaptive.initialProbability()).toBuilder()
        .setOperationSampling(operations)
        .build();
  }

  private synchronized StrategiesFile current() {
    if (file.isEmpty()) {
      return strategies;
    }
    try {
      FileTime modified = Files.getLastModifiedTime(file.get());
      if (!modified.equals(read)) {
        read = modified;
        strategies = StrategiesFile.read(Files.readAllBytes(file.get()), otherwise);
        LOG.infof("sampling strategies of %s are in force", file.get());
      }
    } catch (IOException | IllegalArgumentException e) {
      LOG.warnf(
          "the sampling strategies of %s are not in force, the last good ones are: %s",
          file.get(), e.getMessage());
    }
    return strategies;
  }
}
