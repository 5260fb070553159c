// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.sampling;

import io.flotilla.telemetry.TelemetryConfig;
import io.flotilla.telemetry.api.Span;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.inject.Inject;
import java.time.Duration;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;

/**
 * Adaptive sampling after Jaeger's (its documentation, "Sampling", "Adaptive sampling"): the
 * probability of every operation is moved until its sampled traces arrive at the wanted rate. Roots
 * whose tags say that a probabilistic sampler took them are counted; after each interval an
 * operation's probability is multiplied by wanted over seen, growing by half at most, and one that
 * was not seen is doubled. Bounded by operations; safe for use by several threads.
 */
@ApplicationScoped
public class AdaptiveSampling {
  private static final int OPERATIONS = 10_000;
  private static final double LEAST = 1e-5;
  private static final double FIRST = 0.001;
  private static final double GROWTH = 1.5;
  private static final double TOLERANCE = 0.3;
  private static final double LEAST_TRACES_PER_SECOND = 1.0 / 60;

  private record Operation(String service, String name) {}

  private static final class State {
    double probability = FIRST;
    long seen;
  }

  private final OptionalDouble wanted;
  private final Duration interval;
  private final Map<Operation, State> operations = new HashMap<>();
  private long begun = System.nanoTime();

  @Inject
  AdaptiveSampling(TelemetryConfig config) {
    this(config.sampling().adaptiveTarget(), config.sampling().adaptiveInterval());
  }

  AdaptiveSampling(OptionalDouble wantedPerSecond, Duration interval) {
    this.wanted = wantedPerSecond;
    this.interval = interval;
  }

  double initialProbability() {
    return FIRST;
  }

  double leastTracesPerSecond() {
    return LEAST_TRACES_PER_SECOND;
  }

  /** Counts the sampled roots among spans that were stored. */
  public void saw(List<Span> spans) {
    if (wanted.isEmpty()) {
      return;
    }
    synchronized (this) {
      for (Span span : spans) {
        if (span.parentSpanId() == 0
            && "probabilistic".equals(span.attributes().get("sampler.type"))) {
          count(span);
        }
      }
    }
  }

  private void count(Span span) {
    Operation operation = new Operation(span.serviceName(), span.name());
    State state = operations.get(operation);
    if (state == null) {
      if (operations.size() == OPERATIONS) {
        return;
      }
      state = new State();
      if (span.attributes().get("sampler.param") instanceof Double param && param > 0) {
        state.probability = Math.clamp(param, LEAST, 1.0);
      }
      operations.put(operation, state);
    }
    state.seen++;
  }

  /** The probabilities of a service's operations; empty where nothing was learnt. */
  Map<String, Double> probabilities(String service) {
    return wanted.isEmpty() ? Map.of() : probabilities(service, System.nanoTime());
  }

  synchronized Map<String, Double> probabilities(String service, long now) {
    double seconds = (now - begun) / 1e9;
    if (seconds >= interval.toMillis() / 1e3) {
      begun = now;
      operations.values().forEach(state -> adjust(state, seconds));
    }
    Map<String, Double> of = new HashMap<>();
    operations.forEach(
        (operation, state) -> {
          if (operation.service.equals(service)) {
            of.put(operation.name, state.probability);
          }
        });
    return of;
  }

  private void adjust(State state, double seconds) {
    double perSecond = state.seen / seconds;
    double target = wanted.orElseThrow();
    state.seen = 0;
    if (perSecond == 0) {
      state.probability = Math.min(1, state.probability * 2);
    } else if (Math.abs(perSecond - target) / target > TOLERANCE) {
      double moved = Math.min(GROWTH, target / perSecond) * state.probability;
      state.probability = Math.clamp(moved, LEAST, 1.0);
    }
  }
}
