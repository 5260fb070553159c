// SPDX-License-Identifier: Apache-2.0

/**
 * May this caller have this identity, for how long, and how often. An attested id and a certificate
 * request enter; a grant leaves, or a {@link io.flotilla.citadel.Refusal}.
 */
@org.jspecify.annotations.NullMarked
package io.flotilla.citadel.policy;
