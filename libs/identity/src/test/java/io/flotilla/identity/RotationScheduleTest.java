// SPDX-License-Identifier: Apache-2.0
package io.flotilla.identity;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.time.Instant;
import java.util.Random;
import org.junit.jupiter.api.Test;

class RotationScheduleTest {
  @Test
  void spreadsRenewalsBetweenHalfAndFourFifthsOfLife() {
    RotationSchedule schedule = RotationSchedule.standard(new Random(7));
    Instant from = Instant.parse("2030-01-01T00:00:00Z");
    Instant to = from.plus(Duration.ofHours(10));

    Instant least = to;
    Instant most = from;
    for (int i = 0; i < 10_000; i++) {
      Instant at = schedule.renewal(from, to);
      least = at.isBefore(least) ? at : least;
      most = at.isAfter(most) ? at : most;
    }

    assertThat(least).isBetween(from.plus(Duration.ofHours(5)), from.plus(Duration.ofMinutes(302)));
    assertThat(most).isBetween(from.plus(Duration.ofMinutes(478)), from.plus(Duration.ofHours(8)));
  }
}
