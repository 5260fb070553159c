// SPDX-License-Identifier: Apache-2.0

/**
 * Where spans come in: OTLP over gRPC and HTTP, Zipkin v2. Requests of strangers enter, bounded and
 * decoded; what is answered says whether the spans are stored, refused, or to be sent again.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.telemetry.receive;
