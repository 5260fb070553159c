// SPDX-License-Identifier: Apache-2.0
package io.flotilla.citadel.attest;

import io.flotilla.citadel.Refusal;
import io.flotilla.citadel.Refusal.Kind;
import io.flotilla.identity.InvalidIdentityException;
import io.flotilla.identity.InvalidTokenException;
import io.flotilla.identity.JwtVerifier;
import io.flotilla.identity.SpiffeId;
import io.flotilla.identity.TrustDomain;

/**
 * Knows callers by a service account's token, as Kubernetes mounts it for the audience istio-ca.
 */
public final class TokenAttestor {
  private static final String PREFIX = "system:serviceaccount:";

  private final JwtVerifier verifier;
  private final TrustDomain trustDomain;

  public TokenAttestor(JwtVerifier verifier, TrustDomain trustDomain) {
    this.verifier = verifier;
    this.trustDomain = trustDomain;
  }

  /**
   * The identity of the token's service account.
   *
   * @throws Refusal if the token does not hold or names no service account
   */
  public SpiffeId attest(String token) {
    try {
      String subject = verifier.verify(token).subject();
      String[] parts = subject.split(":", -1);
      if (!subject.startsWith(PREFIX) || parts.length != 4) {
        throw new Refusal(
            Kind.UNAUTHENTICATED,
            "The token's subject is not a service account: it must be " + PREFIX + "NS:NAME");
      }
      return SpiffeId.of(trustDomain, parts[2], parts[3]);
    } catch (InvalidTokenException e) {
      throw new Refusal(Kind.UNAUTHENTICATED, e.getMessage() + " (" + e.reason() + ")");
    } catch (InvalidIdentityException e) {
      throw new Refusal(Kind.UNAUTHENTICATED, String.valueOf(e.getMessage()));
    }
  }
}
