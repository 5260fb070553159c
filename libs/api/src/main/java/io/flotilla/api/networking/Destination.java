// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.networking;

import static io.flotilla.api.InvalidValueException.require;

import io.flotilla.api.schema.Field;
import java.util.Optional;

/** A service, or one subset of it, to which requests go. */
public record Destination(
    @Field(
            value =
                "Name of a service of the registry; a short name is meant in the namespace of the rule.",
            required = true)
        String host,
    @Field("The port of the service; needed where it has several.") Optional<PortSelector> port,
    @Field("A subset that a DestinationRule of the host names.") Optional<String> subset) {
  public Destination {
    require(!host.isEmpty() && !host.equals("*"), "host", "a destination needs the name of a host");
  }
}
