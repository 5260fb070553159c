// SPDX-License-Identifier: Apache-2.0

/**
 * Resources to model. {@link io.flotilla.translate.PilotGraph} holds the whole data flow, from what
 * Galley publishes to what each proxy must know; the packages below hold the pure translators that
 * it applies: services, endpoints, clusters, routes, listeners. Nothing here does input or output.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.translate;
