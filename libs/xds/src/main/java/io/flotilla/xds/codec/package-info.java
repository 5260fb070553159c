// SPDX-License-Identifier: Apache-2.0
/**
 * Envoy's protobufs to the model and back. A resource decodes into a valid model object or into a
 * named error; an object encodes into what a real Envoy accepts and a real istiod would send.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.xds.codec;
