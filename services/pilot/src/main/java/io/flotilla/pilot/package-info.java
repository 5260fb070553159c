// SPDX-License-Identifier: Apache-2.0

/**
 * Pilot: discovery and translation. {@code source} takes the configuration from Galley, the graph
 * of {@code libs/translate} turns it into what each proxy must know, {@code push} gives it to the
 * proxies' streams and keeps the books on them, {@code serve} opens the ports: ADS, the relay to
 * Citadel, status by gRPC and HTTP.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.pilot;
