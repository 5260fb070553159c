// SPDX-License-Identifier: Apache-2.0

/** Tracing clients of others against telemetry; all of it is tests. */
@org.jspecify.annotations.NullMarked
package io.flotilla.conformance.telemetry;
