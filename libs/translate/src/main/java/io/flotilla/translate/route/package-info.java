// SPDX-License-Identifier: Apache-2.0

/**
 * HTTP, TLS and TCP routes: VirtualServices and services become {@link
 * io.flotilla.model.route.VirtualHost}s and rules for connections. A part that cannot be meant is
 * left out alone and named as a {@link io.flotilla.translate.Problem}.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.translate.route;
