// SPDX-License-Identifier: Apache-2.0

/** What others ask for traces: Jaeger's query API over the trace store, in Jaeger's own JSON. */
@org.jspecify.annotations.NullMarked
package io.flotilla.telemetry.query;
