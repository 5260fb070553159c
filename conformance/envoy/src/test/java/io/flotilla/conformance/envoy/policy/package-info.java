// SPDX-License-Identifier: Apache-2.0
/**
 * Our decisions on who may do what, beside those of a real Envoy that is given the same resources.
 * Differences are failures.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.conformance.envoy.policy;
