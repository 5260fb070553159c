// SPDX-License-Identifier: Apache-2.0

/**
 * What a proxy runs: listeners, routes, clusters, endpoints, policies; immutable, valid by
 * construction.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.model;
