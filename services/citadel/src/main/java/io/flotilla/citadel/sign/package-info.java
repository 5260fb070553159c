// SPDX-License-Identifier: Apache-2.0

/**
 * The authority that signs, and where it is kept: a root of our own in a directory of mode 0700, or
 * an issuing certificate that was plugged in, in the layout of Istio's {@code cacerts} secret.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.citadel.sign;
