// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.security;

import io.flotilla.api.schema.Field;
import io.flotilla.api.schema.Rule;
import java.util.Optional;

/** The object that a policy is attached to: a Gateway, a Service, a ServiceEntry. */
public record PolicyTarget(
    @Field(
            value = "The API group of the object; empty: the core.",
            maxLength = 253,
            pattern = "^$|^[a-z0-9]([-a-z0-9]*[a-z0-9])?(\\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$")
        Optional<String> group,
    @Field(
            value = "The kind of the object.",
            required = true,
            maxLength = 63,
            minLength = 1,
            pattern = "^[a-zA-Z]([-a-zA-Z0-9]*[a-zA-Z0-9])?$")
        String kind,
    @Field(value = "The name of the object.", required = true, maxLength = 253, minLength = 1)
        String name,
    @Field(value = "Must be empty: the policy's own namespace.", rules = Rule.SAME_NAMESPACE)
        Optional<String> namespace) {}
