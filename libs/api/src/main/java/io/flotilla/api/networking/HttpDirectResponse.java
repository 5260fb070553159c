// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.networking;

import static io.flotilla.api.InvalidValueException.require;

import io.flotilla.api.schema.Field;
import io.flotilla.api.schema.OneOf;
import java.util.Optional;

/** A fixed answer. */
public record HttpDirectResponse(
    @Field(value = "The status, 200 to 599.", required = true, unsigned = true) int status,
    @Field("The body; absent: none.") Optional<Body> body) {
  public HttpDirectResponse {
    require(status >= 200 && status <= 599, "status", "a status is 200 to 599, not " + status);
  }

  /** The body of a fixed answer. */
  @OneOf({"string", "bytes"})
  public record Body(
      @Field("As text.") Optional<String> string,
      @Field(value = "As base64.", format = "byte") Optional<String> bytes) {}
}
