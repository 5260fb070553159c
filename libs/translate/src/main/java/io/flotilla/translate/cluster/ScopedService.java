// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate.cluster;

import io.flotilla.translate.service.MeshService;

/** A service as one scope sees it: which of several declarations, under which DestinationRules. */
public record ScopedService(MeshService service, DestinationPolicy policy) {}
