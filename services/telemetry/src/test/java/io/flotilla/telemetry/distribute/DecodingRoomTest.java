// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.distribute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import org.junit.jupiter.api.Test;

class DecodingRoomTest {
  private final SimpleMeterRegistry metrics = new SimpleMeterRegistry();
  private final DecodingRoom room = new DecodingRoom(1000, metrics);

  @Test
  void refusesWhatDoesNotFitBesideTheOthersAndTakesItAfterThem() throws Exception {
    try (DecodingRoom.Place first = room.take("zipkin", 600)) {
      assertThatThrownBy(() -> room.take("zipkin", 401))
          .isInstanceOf(RefusedException.class)
          .matches(e -> ((RefusedException) e).tooMuch())
          .hasMessageContaining("send it again later");
      try (DecodingRoom.Place small = room.take("zipkin", 400)) {
        assertThat(small).isNotNull();
      }
    }
    try (DecodingRoom.Place alone = room.take("zipkin", 5000)) {
      assertThat(alone).as("what is larger than all the room is taken alone").isNotNull();
    }
    assertThat(
            metrics
                .counter(
                    "flotilla_telemetry_requests_refused",
                    "receiver",
                    "zipkin",
                    "reason",
                    "overload")
                .count())
        .isEqualTo(1);
  }
}
