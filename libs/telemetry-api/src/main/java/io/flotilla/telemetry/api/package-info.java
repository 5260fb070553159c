// SPDX-License-Identifier: Apache-2.0

/** Spans, decision records, wire codecs. */
@org.jspecify.annotations.NullMarked
package io.flotilla.telemetry.api;
