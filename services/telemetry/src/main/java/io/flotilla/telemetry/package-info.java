// SPDX-License-Identifier: Apache-2.0

/** Traces and metrics: collect, store, query. */
@org.jspecify.annotations.NullMarked
package io.flotilla.telemetry;
