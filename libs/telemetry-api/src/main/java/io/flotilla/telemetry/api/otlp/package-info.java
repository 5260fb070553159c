// SPDX-License-Identifier: Apache-2.0

/**
 * OTLP, the OpenTelemetry protocol. Bytes of a peer (protobuf or JSON) enter and become spans that
 * are valid by construction, or one named reason; spans leave as the same wire form, or through an
 * exporter that batches, retries and never blocks its caller.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.telemetry.api.otlp;
