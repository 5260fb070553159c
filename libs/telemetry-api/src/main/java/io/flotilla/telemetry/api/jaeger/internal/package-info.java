// SPDX-License-Identifier: Apache-2.0

/** Reads Jaeger's Thrift and protobuf forms; the codecs at the concern's root are the way in. */
@org.jspecify.annotations.NullMarked
package io.flotilla.telemetry.api.jaeger.internal;
