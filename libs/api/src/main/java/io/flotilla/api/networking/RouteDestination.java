// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.networking;

import static io.flotilla.api.InvalidValueException.require;

import io.flotilla.api.schema.Field;
import java.util.Optional;

/** One destination of a TCP or TLS route and its share of the connections. */
public record RouteDestination(
    @Field(value = "Where the connections go.", required = true) Destination destination,
    @Field("The share, relative to the sum of all weights.") Optional<Integer> weight) {
  public RouteDestination {
    weight.ifPresent(w -> require(w >= 0, "weight", "a weight is not negative, but is " + w));
  }
}
