// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.gateway;

import io.flotilla.api.schema.Field;
import io.flotilla.api.schema.Lenient;
import java.util.Optional;

/** Who implements gateways of the class. */
@Lenient
public record GatewayClass(
    @Field(value = "The implementation, 'istio.io/gateway-controller'.", required = true)
        String controllerName,
    @Field("For people.") Optional<String> description) {}
