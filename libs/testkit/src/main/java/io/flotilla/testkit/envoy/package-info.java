// SPDX-License-Identifier: Apache-2.0
/**
 * A real Envoy as a process: what enters is where its discovery servers listen, what leaves is what
 * its admin port tells. Suites start one and keep it for all of their tests.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.testkit.envoy;
