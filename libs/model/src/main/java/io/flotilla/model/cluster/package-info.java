// SPDX-License-Identifier: Apache-2.0

/** Upstream clusters: discovery, balancing, limits and transports. */
@org.jspecify.annotations.NullMarked
package io.flotilla.model.cluster;
