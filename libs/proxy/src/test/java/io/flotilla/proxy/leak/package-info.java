// SPDX-License-Identifier: Apache-2.0
/**
 * Fails every test class of this module after which Netty tells of a buffer that nobody released.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.proxy.leak;
