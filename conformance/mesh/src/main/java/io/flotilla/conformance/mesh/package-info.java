// SPDX-License-Identifier: Apache-2.0

/**
 * The whole mesh, started as a user starts it, and its behaviour asserted through its public
 * interfaces.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.conformance.mesh;
