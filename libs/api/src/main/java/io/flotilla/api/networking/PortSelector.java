// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.networking;

import static io.flotilla.api.InvalidValueException.require;

import io.flotilla.api.schema.Field;
import java.util.Optional;

/** A port of a service. */
public record PortSelector(
    @Field(value = "The port's number.", unsigned = true) Optional<Integer> number) {
  public PortSelector {
    number.ifPresent(
        port -> require(port > 0 && port <= 65535, "number", "a port is 1 to 65535, not " + port));
  }
}
