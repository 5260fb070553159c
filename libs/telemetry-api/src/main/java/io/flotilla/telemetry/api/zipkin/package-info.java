// SPDX-License-Identifier: Apache-2.0

/**
 * Zipkin's span format v2 in JSON (openzipkin/zipkin-api, zipkin2-api.yaml). A list of a reporter
 * enters and becomes spans of our model, under the same bounds as OTLP.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.telemetry.api.zipkin;
