// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.networking;

import static io.flotilla.api.InvalidValueException.require;

import io.flotilla.api.schema.Field;
import java.util.Optional;

/** A share of requests, 0 to 100. */
public record Percent(@Field("Per cent, 0 to 100.") Optional<Double> value) {
  public Percent {
    value.ifPresent(
        v -> require(v >= 0 && v <= 100, "value", "a percentage is 0 to 100, not " + v));
  }
}
