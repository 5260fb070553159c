// SPDX-License-Identifier: Apache-2.0

/**
 * Jaeger's messages and services, generated from {@code src/main/proto/jaeger/api_v2}. Protobuf's
 * getters never give null.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.telemetry.api.jaeger.proto;
