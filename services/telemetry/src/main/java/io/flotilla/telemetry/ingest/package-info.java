// SPDX-License-Identifier: Apache-2.0

/** Batches of the channel "spans" enter, and are in the trace store when they are acknowledged. */
@org.jspecify.annotations.NullMarked
package io.flotilla.telemetry.ingest;
