// SPDX-License-Identifier: Apache-2.0

/**
 * The web console's backend. It asks telemetry for the traffic, Pilot for the proxies and Galley
 * for the configuration, hears the events of all services, and gives the page one joined view of
 * them, by REST and as a stream. The page itself is built from {@code src/main/webui}.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.console;
