// SPDX-License-Identifier: Apache-2.0

/**
 * The mesh with real interception: every workload in a network namespace of its own, whose
 * connections iptables hands to the sidecar. Everything is in this module's tests, which need root
 * on Linux.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.conformance.capture;
