// SPDX-License-Identifier: Apache-2.0

/**
 * The traffic graph as it is drawn. Telemetry's edges, Pilot's proxies and Galley's objects enter;
 * nodes and edges that know their part of all three leave. Pure functions.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.console.graph;
