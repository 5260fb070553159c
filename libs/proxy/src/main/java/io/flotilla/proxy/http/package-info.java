// SPDX-License-Identifier: Apache-2.0
/**
 * HTTP: the server side of a connection, and the exchange that carries one request through filters
 * and routes to an upstream and its answer back, whatever the versions on both sides.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.proxy.http;
