// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.gateway;

import io.flotilla.api.schema.Field;
import io.flotilla.api.schema.Lenient;
import java.util.Optional;

/** Names an object. An absent kind is the place's usual one, an absent namespace the same. */
@Lenient
public record ObjectReference(
    @Field("Its group; empty: the core.") Optional<String> group,
    @Field("Its kind.") Optional<String> kind,
    @Field(value = "Its name.", required = true) String name,
    @Field("Its namespace.") Optional<String> namespace) {}
