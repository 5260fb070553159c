// SPDX-License-Identifier: Apache-2.0

/** The two encodings of OTLP; {@link io.flotilla.telemetry.api.otlp.OtlpCodec} is the way in. */
@org.jspecify.annotations.NullMarked
package io.flotilla.telemetry.api.otlp.internal;
