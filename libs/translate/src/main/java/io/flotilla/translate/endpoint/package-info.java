// SPDX-License-Identifier: Apache-2.0

/**
 * The endpoints of clusters: what serves a service, filtered by a subset's labels and grouped by
 * locality, becomes a {@link io.flotilla.model.endpoint.ClusterLoadAssignment}.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.translate.endpoint;
