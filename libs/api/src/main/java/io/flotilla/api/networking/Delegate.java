// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.networking;

import io.flotilla.api.schema.Field;
import java.util.Optional;

/** Another virtual service, without hosts of its own, that holds a part of the routes. */
public record Delegate(
    @Field("Its name.") Optional<String> name,
    @Field("Its namespace; absent: the same.") Optional<String> namespace) {}
