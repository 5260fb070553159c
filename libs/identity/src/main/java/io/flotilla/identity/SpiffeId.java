// SPDX-License-Identifier: Apache-2.0
package io.flotilla.identity;

import java.security.cert.CertificateParsingException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Optional;

/**
 * A SPIFFE id, "spiffe://cluster.local/ns/default/sa/reviews". The path has at least one segment;
 * segments hold letters, digits, dots, dashes and underscores (SPIFFE-ID specification, section
 * 2.2).
 *
 * @param path begins with a slash
 */
public record SpiffeId(TrustDomain trustDomain, String path) {
  private static final String SCHEME = "spiffe://";
  private static final int LONGEST = 2048;
  private static final int SAN_URI = 6;

  public SpiffeId {
    checkPath(path);
  }

  /** The id of a Kubernetes service account, in Istio's form. */
  public static SpiffeId of(TrustDomain trustDomain, String namespace, String serviceAccount) {
    SpiffeId id = new SpiffeId(trustDomain, "/ns/" + namespace + "/sa/" + serviceAccount);
    if (!id.isIstioForm()) {
      throw new InvalidIdentityException(
          "'"
              + Excerpt.of(namespace)
              + "' and '"
              + Excerpt.of(serviceAccount)
              + "' are not a namespace and a service account");
    }
    return id;
  }

  /**
   * Reads a SPIFFE URI.
   *
   * @throws InvalidIdentityException if it is none, or has a port, a query, a fragment or no path
   */
  public static SpiffeId parse(String uri) {
    if (uri.length() > LONGEST) {
      throw new InvalidIdentityException(
          "The SPIFFE id '" + Excerpt.of(uri) + "' is longer than " + LONGEST + " characters");
    }
    if (!uri.regionMatches(true, 0, SCHEME, 0, SCHEME.length())) {
      throw new InvalidIdentityException(
          "'" + Excerpt.of(uri) + "' is not a SPIFFE id: it must begin with " + SCHEME);
    }
    int slash = uri.indexOf('/', SCHEME.length());
    if (slash < 0) {
      throw new InvalidIdentityException(
          "The SPIFFE id '" + Excerpt.of(uri) + "' names a trust domain but no workload");
    }
    return new SpiffeId(
        new TrustDomain(uri.substring(SCHEME.length(), slash)), uri.substring(slash));
  }

  /**
   * The id in an X.509-SVID: its only URI SAN (X509-SVID specification, section 2).
   *
   * @throws InvalidIdentityException if there is none or more than one, or it is no SPIFFE id
   */
  public static SpiffeId of(X509Certificate certificate) {
    List<String> uris = new ArrayList<>();
    try {
      Collection<List<?>> names = certificate.getSubjectAlternativeNames();
      if (names != null) {
        for (List<?> name : names) {
          if (name.get(0).equals(SAN_URI)) {
            uris.add(String.valueOf(name.get(1)));
          }
        }
      }
    } catch (CertificateParsingException e) {
      throw new InvalidIdentityException(
          "The certificate's alternative names cannot be read: " + e.getMessage(), e);
    }
    if (uris.size() != 1) {
      throw new InvalidIdentityException(
          "A workload's certificate must carry exactly one URI, but this one carries "
              + uris.size());
    }
    return parse(uris.getFirst());
  }

  /** The namespace, if the id has Istio's form. */
  public Optional<String> namespace() {
    return istioPart(2);
  }

  /** The service account, if the id has Istio's form. */
  public Optional<String> serviceAccount() {
    return istioPart(4);
  }

  /** Whether the path is {@code /ns/<namespace>/sa/<service account>}. */
  public boolean isIstioForm() {
    return namespace().isPresent();
  }

  /** "spiffe://...". */
  public String uri() {
    return SCHEME + trustDomain + path;
  }

  @Override
  public String toString() {
    return uri();
  }

  private Optional<String> istioPart(int index) {
    String[] parts = path.split("/", -1);
    return parts.length == 5 && parts[1].equals("ns") && parts[3].equals("sa")
        ? Optional.of(parts[index])
        : Optional.empty();
  }

  private static void checkPath(String path) {
    if (!path.startsWith("/") || path.length() > LONGEST) {
      throw new InvalidIdentityException(
          "The path '" + Excerpt.of(path) + "' of a SPIFFE id must begin with a slash");
    }
    for (String segment : path.substring(1).split("/", -1)) {
      boolean valid =
          !segment.isEmpty()
              && !segment.equals(".")
              && !segment.equals("..")
              && segment.chars().allMatch(SpiffeId::allowed);
      if (!valid) {
        throw new InvalidIdentityException(
            "The path '"
                + Excerpt.of(path)
                + "' of a SPIFFE id is not valid: segments hold letters, digits, dots, dashes and"
                + " underscores, and are neither empty nor '.' nor '..'");
      }
    }
  }

  private static boolean allowed(int c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || c == '.'
        || c == '-'
        || c == '_';
  }
}
