// SPDX-License-Identifier: Apache-2.0

/**
 * Spans to others. Those that were stored enter; they leave by OTLP, as far as the other takes
 * them.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.telemetry.export;
