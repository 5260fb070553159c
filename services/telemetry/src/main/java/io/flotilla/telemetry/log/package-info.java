// SPDX-License-Identifier: Apache-2.0

/**
 * Log records of traces. OTLP's records enter; those of one trace leave, for the hours and bytes
 * that the configuration grants.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.telemetry.log;
