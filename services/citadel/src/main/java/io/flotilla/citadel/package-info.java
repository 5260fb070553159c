// SPDX-License-Identifier: Apache-2.0

/**
 * Identity: the certificate authority. A request passes {@code attest} (who is calling?), {@code
 * policy} (may this caller have this identity, for how long?), {@code sign} (the authority and
 * where its root is kept) and {@code publish} (the Istio CA service, REST, events, health,
 * metrics). A workload's private key never comes here.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.citadel;
