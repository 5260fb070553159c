// SPDX-License-Identifier: Apache-2.0

/**
 * Upstream clusters: a service's ports and subsets under its DestinationRule become {@link
 * io.flotilla.model.cluster.Cluster}s, "outbound|9080|v1|reviews.default.svc.cluster.local", and
 * what they resolve to.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.translate.cluster;
