// SPDX-License-Identifier: Apache-2.0
package io.flotilla.identity;

import java.time.Instant;
import java.util.List;
import java.util.Optional;

/**
 * What a JSON web token says (RFC 7519, section 4.1).
 *
 * @param subject "system:serviceaccount:default:reviews"
 * @param audiences for whom it was made: "istio-ca"
 */
public record JwtClaims(
    Optional<String> issuer,
    String subject,
    List<String> audiences,
    Optional<Instant> issuedAt,
    Optional<Instant> notBefore,
    Instant expiry) {
  public JwtClaims {
    audiences = List.copyOf(audiences);
    if (subject.isEmpty()) {
      throw new InvalidIdentityException("A token needs a subject");
    }
  }

  /** Claims of a token that is valid from {@code from} to {@code to}. */
  public static JwtClaims of(
      String issuer, String subject, String audience, Instant from, Instant to) {
    return new JwtClaims(
        Optional.of(issuer), subject, List.of(audience), Optional.of(from), Optional.of(from), to);
  }
}
