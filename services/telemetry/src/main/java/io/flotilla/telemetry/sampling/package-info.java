// SPDX-License-Identifier: Apache-2.0

/**
 * How much services shall sample. Jaeger's strategies file, or the spans that arrive, enter; the
 * strategy of a service leaves, in the words of Jaeger's remote sampling.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.telemetry.sampling;
