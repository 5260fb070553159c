// SPDX-License-Identifier: Apache-2.0
package io.flotilla.citadel.attest;

import io.flotilla.identity.SpiffeId;

/** Who a caller is, and by which proof. */
public record Attested(SpiffeId id, Proof proof) {
  /** The kinds of proof. */
  public enum Proof {
    TOKEN,
    CERTIFICATE,
    RELAY
  }
}
