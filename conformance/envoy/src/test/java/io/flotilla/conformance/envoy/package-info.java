// SPDX-License-Identifier: Apache-2.0
/** A real Envoy and our engine, given the same. Here is what the suites below share. */
@org.jspecify.annotations.NullMarked
package io.flotilla.conformance.envoy;
