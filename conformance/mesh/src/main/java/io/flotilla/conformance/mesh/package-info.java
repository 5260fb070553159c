// SPDX-License-Identifier: Apache-2.0

/**
 * The whole mesh, started by {@code ./flotilla up} and driven as its users do; everything is in
 * this module's tests, which {@code conformance/envoy} runs again with Envoy as the data plane.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.conformance.mesh;
