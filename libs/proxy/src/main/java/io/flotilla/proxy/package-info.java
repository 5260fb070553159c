// SPDX-License-Identifier: Apache-2.0

/**
 * The Netty engine: listeners, detection, TLS, HTTP/1, HTTP/2, TCP, filters, balancing, pools,
 * drain.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.proxy;
