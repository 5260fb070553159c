// SPDX-License-Identifier: Apache-2.0

/**
 * TraceQL, the query language of Tempo, over whole traces. Text enters; a checked query leaves,
 * which selects spansets of a trace, and tells what any trace it selects must have.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.telemetry.traceql;
