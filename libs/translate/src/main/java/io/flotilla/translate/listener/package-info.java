// SPDX-License-Identifier: Apache-2.0

/**
 * Where a proxy's connections arrive and what they go through: the captured and the explicit
 * listeners of a sidecar, inbound and outbound, and the servers of a gateway. Services, policies
 * and routes enter; {@link io.flotilla.model.listener.Listener}s leave, named as Istio names them.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.translate.listener;
