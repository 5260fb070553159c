// SPDX-License-Identifier: Apache-2.0

/**
 * Where traces are kept. Batches of spans enter, traces that fit a query leave. Every store passes
 * the same contract kit; the one here keeps the newest traces in memory.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.telemetry.store;
