// SPDX-License-Identifier: Apache-2.0
package io.flotilla.citadel.attest;

import io.flotilla.citadel.Refusal;
import io.flotilla.citadel.Refusal.Kind;
import io.flotilla.citadel.attest.Attested.Proof;
import io.flotilla.identity.InvalidIdentityException;
import io.flotilla.identity.SpiffeId;
import java.util.function.Predicate;

/** Picks the one proof that counts for a call and has it checked. */
public final class Attestation {
  private final TokenAttestor tokens;
  private final CertificateAttestor certificates;
  private final Predicate<SpiffeId> relays;
  private final Predicate<SpiffeId> controlPlane;

  /**
   * @param relays who may ask for others
   * @param controlPlane who cannot be asked for: a relay must not become the authority itself
   */
  public Attestation(
      TokenAttestor tokens,
      CertificateAttestor certificates,
      Predicate<SpiffeId> relays,
      Predicate<SpiffeId> controlPlane) {
    this.tokens = tokens;
    this.certificates = certificates;
    this.relays = relays;
    this.controlPlane = controlPlane;
  }

  /**
   * Who is calling.
   *
   * @throws Refusal if nothing that the caller shows proves it
   */
  public Attested attest(Caller caller) {
    if (caller.relayedFor().isPresent()) {
      return new Attested(relayed(caller, caller.relayedFor().orElseThrow()), Proof.RELAY);
    }
    if (caller.token().isPresent()) {
      return new Attested(tokens.attest(caller.token().orElseThrow()), Proof.TOKEN);
    }
    if (!caller.chain().isEmpty()) {
      return new Attested(certificates.attest(caller.chain()), Proof.CERTIFICATE);
    }
    throw new Refusal(
        Kind.UNAUTHENTICATED,
        "The caller shows neither a token nor a certificate: send 'authorization: Bearer <token>'"
            + " with a service account's token for this authority");
  }

  private SpiffeId relayed(Caller caller, String whom) {
    if (caller.chain().isEmpty()) {
      throw new Refusal(
          Kind.UNAUTHENTICATED,
          "A relay must show its own certificate, but this caller shows none");
    }
    if (caller.token().isPresent()) {
      throw new Refusal(
          Kind.INVALID_REQUEST,
          "A relay passes on either a token or an identity, but this caller passes on both");
    }
    SpiffeId relay = certificates.attest(caller.chain());
    if (!relays.test(relay)) {
      throw new Refusal(
          Kind.PERMISSION_DENIED, relay + " may not ask for others: it is not a relay");
    }
    try {
      SpiffeId id = SpiffeId.parse(whom);
      if (!id.trustDomain().equals(relay.trustDomain()) || controlPlane.test(id)) {
        throw new Refusal(Kind.PERMISSION_DENIED, relay + " may not ask for " + id);
      }
      return id;
    } catch (InvalidIdentityException e) {
      throw new Refusal(Kind.INVALID_REQUEST, String.valueOf(e.getMessage()));
    }
  }
}
