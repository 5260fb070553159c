// SPDX-License-Identifier: Apache-2.0
package io.flotilla.citadel.attest;

import io.flotilla.citadel.Refusal;
import io.flotilla.citadel.Refusal.Kind;
import io.flotilla.identity.InvalidIdentityException;
import io.flotilla.identity.SpiffeId;
import io.flotilla.identity.TrustBundle;
import io.flotilla.identity.TrustDomain;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.util.List;
import java.util.function.Supplier;

/**
 * Knows callers by the certificate that they hold already. TLS has verified it at the handshake; it
 * is verified again for each call, since a connection can outlive it.
 */
public final class CertificateAttestor {
  private final Supplier<TrustBundle> roots;
  private final TrustDomain trustDomain;
  private final Clock clock;

  public CertificateAttestor(Supplier<TrustBundle> roots, TrustDomain trustDomain, Clock clock) {
    this.roots = roots;
    this.trustDomain = trustDomain;
    this.clock = clock;
  }

  /**
   * The identity in the leaf.
   *
   * @throws Refusal if it is not valid now or belongs to another trust domain
   */
  public SpiffeId attest(List<X509Certificate> chain) {
    try {
      SpiffeId id = roots.get().verify(chain, clock.instant());
      if (!id.trustDomain().equals(trustDomain)) {
        throw new Refusal(
            Kind.UNAUTHENTICATED,
            "The client certificate is of the trust domain "
                + id.trustDomain()
                + ", but this authority serves "
                + trustDomain);
      }
      return id;
    } catch (InvalidIdentityException e) {
      throw new Refusal(Kind.UNAUTHENTICATED, String.valueOf(e.getMessage()));
    }
  }
}
