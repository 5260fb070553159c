// SPDX-License-Identifier: Apache-2.0
/**
 * The same request through Envoy and through our engine, with the same xDS: generated
 * configurations and requests go in, decisions that differ come out. What may differ is kept in
 * allowed-differences.txt, each with its reason and its smallest case.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.conformance.envoy.differential;
