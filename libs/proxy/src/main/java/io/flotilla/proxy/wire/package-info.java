// SPDX-License-Identifier: Apache-2.0
/**
 * Protocol Buffers and gRPC's frames as far as the engine's own questions to services need them:
 * Envoy's generated messages are known to the xDS library alone. What comes from a service is
 * hostile until it is read: it is bounded, and refused as a whole when a part of it is malformed.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.proxy.wire;
