// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.sampling;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.telemetry.api.Span;
import java.time.Duration;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.OptionalDouble;
import java.util.concurrent.TimeUnit;
import org.assertj.core.data.Percentage;
import org.junit.jupiter.api.Test;

class AdaptiveSamplingTest {
  private static final long INTERVAL = TimeUnit.SECONDS.toNanos(60);

  private static Span root(String operation, double probability) {
    return new Span(
        0,
        1,
        1,
        0,
        operation,
        Span.Kind.SERVER,
        1,
        2,
        Map.of("sampler.type", "probabilistic", "sampler.param", probability),
        List.of(),
        List.of(),
        Span.Status.UNSET,
        "",
        "",
        Map.of("service.name", "shop"),
        "");
  }

  @Test
  void movesEachOperationTowardsTheWantedRate() {
    AdaptiveSampling sampling = new AdaptiveSampling(OptionalDouble.of(1), Duration.ofSeconds(60));
    double busy = 0.5;
    double quiet = 0.001;
    long now = System.nanoTime();
    for (int round = 0; round < 40; round++) {
      // 1,000 and 5 requests a second; what is sampled of them arrives.
      sampling.saw(Collections.nCopies((int) (60 * 1_000 * busy), root("busy", busy)));
      sampling.saw(Collections.nCopies((int) (60 * 5 * quiet), root("quiet", quiet)));
      now += INTERVAL;
      Map<String, Double> probabilities = sampling.probabilities("shop", now);
      busy = probabilities.get("busy");
      quiet = probabilities.getOrDefault("quiet", Math.min(1, quiet * 2));
    }

    assertThat(1_000 * busy)
        .as("traces a second of the busy one")
        .isCloseTo(1, Percentage.withPercentage(35));
    assertThat(5 * quiet)
        .as("traces a second of the quiet one")
        .isCloseTo(1, Percentage.withPercentage(35));
    assertThat(sampling.probabilities("other", now)).isEmpty();
  }

  @Test
  void learnsNothingWhereItIsOff() {
    AdaptiveSampling sampling =
        new AdaptiveSampling(OptionalDouble.empty(), Duration.ofSeconds(60));
    sampling.saw(List.of(root("busy", 0.5)));

    assertThat(sampling.probabilities("shop")).isEmpty();
  }
}
