// SPDX-License-Identifier: Apache-2.0

/**
 * Jaeger's JSON of traces, as its query API gives it and its console reads it (jaeger model/json).
 * Spans enter, one JSON object a trace leaves.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.telemetry.api.jaeger;
