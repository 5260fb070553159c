// SPDX-License-Identifier: Apache-2.0

/**
 * What Zipkin's own library decodes; {@link io.flotilla.telemetry.api.zipkin.ZipkinCodec} is the
 * way in.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.telemetry.api.zipkin.internal;
