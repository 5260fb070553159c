// SPDX-License-Identifier: Apache-2.0
/**
 * HTTP/2 (RFC 9113) for both sides of the proxy: connections whose streams are plain objects, and
 * how messages of HTTP become header blocks and back. Frames, HPACK and windows are Netty's; there
 * is no channel, pipeline or promise chain a stream.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.proxy.http2;
