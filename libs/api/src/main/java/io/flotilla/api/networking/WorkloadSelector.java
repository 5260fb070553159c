// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.networking;

import io.flotilla.api.schema.Field;
import io.flotilla.api.schema.Rule;
import java.util.Map;

/** Chooses workloads by labels; all must be equal. */
public record WorkloadSelector(
    @Field(
            value = "Labels that a workload must have.",
            maxSize = 4096,
            itemMaxLength = 63,
            rules = {Rule.NO_WILDCARD_IN_LABEL_KEY, Rule.LABEL_KEY_NOT_EMPTY},
            itemRules = Rule.NO_WILDCARD_IN_LABEL_VALUE)
        Map<String, String> matchLabels) {}
