// SPDX-License-Identifier: Apache-2.0
package io.flotilla.identity;

import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.List;

/**
 * An X.509-SVID with its key: what a workload shows to its peers.
 *
 * @param chain leaf first, then intermediates; a self-signed root at the end is allowed
 */
public record Svid(SpiffeId id, List<X509Certificate> chain, KeyMaterial key) {
  public Svid {
    chain = List.copyOf(chain);
    if (chain.isEmpty()) {
      throw new InvalidIdentityException("The certificate chain of " + id + " is empty");
    }
    if (!chain.getFirst().getPublicKey().equals(key.publicKey())) {
      throw new InvalidIdentityException("The certificate of " + id + " is for another key");
    }
  }

  /**
   * Joins a key with the chain that was issued for it; the id is the leaf's.
   *
   * @throws InvalidIdentityException if the leaf is for another key or carries no SPIFFE id
   */
  public static Svid of(List<X509Certificate> chain, KeyMaterial key) {
    if (chain.isEmpty()) {
      throw new InvalidIdentityException("The certificate chain is empty");
    }
    return new Svid(SpiffeId.of(chain.getFirst()), chain, key);
  }

  /** The workload's own certificate. */
  public X509Certificate leaf() {
    return chain.getFirst();
  }

  /** Since when the leaf is valid. */
  public Instant notBefore() {
    return leaf().getNotBefore().toInstant();
  }

  /** Until when the leaf is valid. */
  public Instant expiry() {
    return leaf().getNotAfter().toInstant();
  }

  /**
   * What is shown to peers: the chain without a self-signed root, which they have or don't trust.
   */
  public List<X509Certificate> presented() {
    X509Certificate last = chain.getLast();
    boolean endsInRoot =
        chain.size() > 1 && last.getIssuerX500Principal().equals(last.getSubjectX500Principal());
    return endsInRoot ? chain.subList(0, chain.size() - 1) : chain;
  }

  /** The chain as PEM, leaf first. */
  public String chainPem() {
    return Pem.encode(chain);
  }

  /** The private key as PKCS#8 PEM, for memory and for files of mode 0600. */
  public String keyPem() {
    return key.toPem();
  }

  @Override
  public String toString() {
    return "Svid[" + id + ", expires " + expiry() + "]";
  }
}
