// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.networking;

import static io.flotilla.api.InvalidValueException.require;

import io.flotilla.api.schema.Field;
import java.util.Optional;

/** One destination of a route and its share of the requests. */
public record HttpRouteDestination(
    @Field(value = "Where the requests go.", required = true) Destination destination,
    @Field("The share, relative to the sum of all weights; a single destination needs none.")
        Optional<Integer> weight,
    @Field("Changes of headers for this destination.") Optional<Headers> headers) {
  public HttpRouteDestination {
    weight.ifPresent(w -> require(w >= 0, "weight", "a weight is not negative, but is " + w));
  }
}
