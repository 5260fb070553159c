// SPDX-License-Identifier: Apache-2.0
package io.flotilla.ca.client;

import java.time.Instant;
import java.util.Optional;

/**
 * How a workload stands with its identity.
 *
 * <pre>
 *   Waiting -- certificate --> Held -- renewal --> Held
 *                               |
 *                               +-- expiry ------> Expired -- certificate --> Held
 * </pre>
 */
public sealed interface IdentityState {
  /** Why the last attempt failed; empty: none has, or the last one worked. */
  Optional<String> lastError();

  /** Whether peers accept this workload now. */
  default boolean ready() {
    return this instanceof Held;
  }

  /** No certificate yet. */
  record Waiting(Optional<String> lastError) implements IdentityState {}

  /**
   * A valid certificate.
   *
   * @param renewal when the next attempt to renew is due
   */
  record Held(HeldIdentity identity, Instant expiry, Instant renewal, Optional<String> lastError)
      implements IdentityState {}

  /** The certificate expired before it could be renewed. */
  record Expired(Instant expiry, Optional<String> lastError) implements IdentityState {}
}
