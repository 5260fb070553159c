// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.policy;

import io.flotilla.model.Checks;
import io.flotilla.model.match.Percentage;
import java.time.Duration;
import java.util.Optional;

/** Faults injected on purpose; a delay comes before an abort. */
public record Fault(Optional<Delay> delay, Optional<Abort> abort) {

  /** Holds the request. */
  public record Delay(Duration duration, Percentage share) {
    public Delay {
      Checks.notNegative(duration, "fault delay");
    }
  }

  /**
   * Answers in the upstream's place.
   *
   * @param httpStatus 200 to 599; ignored when {@code grpcStatus} is there
   * @param grpcStatus 0 to 16
   */
  public record Abort(int httpStatus, Optional<Integer> grpcStatus, Percentage share) {
    public Abort {
      Checks.inRange(httpStatus, 200, 599, "status of a fault abort");
    }
  }
}
