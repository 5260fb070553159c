// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.networking;

import io.flotilla.api.schema.Field;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Changes of headers. */
public record Headers(
    @Field("Before the request is sent on.") Optional<HeaderOperations> request,
    @Field("Before the response is returned.") Optional<HeaderOperations> response) {

  /** What is set, added and removed. */
  public record HeaderOperations(
      @Field("Replaces values.") Map<String, String> set,
      @Field("Adds values.") Map<String, String> add,
      @Field("Takes headers away.") List<String> remove) {}
}
