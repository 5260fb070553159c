// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.networking;

import io.flotilla.api.schema.Field;
import java.util.Optional;

/** A destination that gets copies of requests. */
public record HttpMirrorPolicy(
    @Field(value = "Where the copies go.", required = true) Destination destination,
    @Field("The share of requests that are copied; absent: all.") Optional<Percent> percentage) {}
