// SPDX-License-Identifier: Apache-2.0
package io.flotilla.identity;

import java.security.GeneralSecurityException;
import java.security.cert.CertPathValidator;
import java.security.cert.CertificateFactory;
import java.security.cert.PKIXParameters;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Date;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;

/**
 * The roots that a trust domain's certificates chain to. There are several while one root takes
 * over from another.
 *
 * @param roots at least one, without duplicates
 */
public record TrustBundle(List<X509Certificate> roots) {
  private static final int SERVER_AND_CLIENT_CHAIN = 10;

  public TrustBundle {
    roots = List.copyOf(new LinkedHashSet<>(roots));
    if (roots.isEmpty()) {
      throw new InvalidIdentityException("A trust bundle needs at least one root");
    }
    for (X509Certificate root : roots) {
      if (root.getBasicConstraints() < 0) {
        throw new InvalidIdentityException(
            "The certificate of '"
                + Excerpt.of(root.getSubjectX500Principal().getName())
                + "' in the trust bundle is not a certificate authority's");
      }
    }
  }

  /**
   * Reads roots from PEM.
   *
   * @param what the object, as a message should name it
   */
  public static TrustBundle parse(String pem, String what) {
    return new TrustBundle(Pem.certificates(pem, what));
  }

  /** These roots and the other's. */
  public TrustBundle and(TrustBundle other) {
    List<X509Certificate> all = new ArrayList<>(roots);
    all.addAll(other.roots);
    return new TrustBundle(all);
  }

  /** The roots as PEM. */
  public String pem() {
    return Pem.encode(roots);
  }

  /** When the first of the roots expires. */
  public Instant earliestExpiry() {
    return roots.stream()
        .map(root -> root.getNotAfter().toInstant())
        .min(Comparator.naturalOrder())
        .orElseThrow();
  }

  /**
   * Checks that a chain leads to one of the roots and is valid at {@code now}, and tells whose it
   * is.
   *
   * @param chain leaf first; a root at its end is passed over
   * @throws InvalidIdentityException if it doesn't, isn't, or the leaf is no X.509-SVID
   */
  public SpiffeId verify(List<X509Certificate> chain, Instant now) {
    if (chain.isEmpty() || chain.size() > SERVER_AND_CLIENT_CHAIN) {
      throw new InvalidIdentityException(
          "A certificate chain must hold 1 to "
              + SERVER_AND_CLIENT_CHAIN
              + " certificates, but has "
              + chain.size());
    }
    X509Certificate leaf = chain.getFirst();
    SpiffeId id = SpiffeId.of(leaf);
    if (leaf.getBasicConstraints() >= 0) {
      throw new InvalidIdentityException(
          "The certificate of " + id + " is an authority's, not a workload's");
    }
    if (now.isAfter(leaf.getNotAfter().toInstant())) {
      throw new InvalidIdentityException(
          "The certificate of " + id + " expired at " + leaf.getNotAfter().toInstant());
    }
    try {
      List<X509Certificate> path = chain.stream().filter(each -> !roots.contains(each)).toList();
      PKIXParameters parameters = new PKIXParameters(anchors());
      // The mesh revokes by short life: there is no list to ask.
      parameters.setRevocationEnabled(false);
      parameters.setDate(Date.from(now));
      CertPathValidator.getInstance("PKIX")
          .validate(CertificateFactory.getInstance("X.509").generateCertPath(path), parameters);
    } catch (GeneralSecurityException e) {
      throw new InvalidIdentityException(
          "The certificate of " + id + " does not chain to a trusted root: " + e.getMessage(), e);
    }
    return id;
  }

  private Set<TrustAnchor> anchors() {
    Set<TrustAnchor> anchors = new LinkedHashSet<>();
    roots.forEach(root -> anchors.add(new TrustAnchor(root, null)));
    return anchors;
  }

  @Override
  public String toString() {
    return "TrustBundle[" + roots.size() + " roots, first expiry " + earliestExpiry() + "]";
  }
}
