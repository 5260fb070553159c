// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.tls;

import io.flotilla.model.Checks;
import io.flotilla.model.match.StringMatch;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * How the peer's certificate is checked.
 *
 * @param subjectAltNames one must match a SAN; empty: any certificate of a trusted root
 * @param certificateHashes SHA-256 of the certificates that are accepted, hexadecimal, with or
 *     without colons; empty (and no {@code keyHashes}): any
 * @param keyHashes SHA-256 of the public keys (SubjectPublicKeyInfo) that are accepted, base64
 * @param revocations lists of what was revoked, a file or PEM; empty: those of the trust's secret,
 *     if any
 */
public record PeerValidation(
    TrustRef trust,
    List<StringMatch> subjectAltNames,
    Set<String> certificateHashes,
    Set<String> keyHashes,
    Optional<TrustRef> revocations) {
  public PeerValidation {
    subjectAltNames = List.copyOf(subjectAltNames);
    certificateHashes = Set.copyOf(certificateHashes);
    keyHashes = Set.copyOf(keyHashes);
    Checks.require(
        revocations
            .filter(r -> !(r instanceof TrustRef.File || r instanceof TrustRef.Inline))
            .isEmpty(),
        "a revocation list must be a file or PEM");
    for (String hash : certificateHashes) {
      Checks.require(
          hash.matches("[0-9a-fA-F]{64}|[0-9a-fA-F]{2}(:[0-9a-fA-F]{2}){31}"),
          "a certificate's hash must be 64 hexadecimal digits, but is '" + hash + "'");
    }
  }

  /** By root and name alone. */
  public PeerValidation(TrustRef trust, List<StringMatch> subjectAltNames) {
    this(trust, subjectAltNames, Set.of(), Set.of(), Optional.empty());
  }
}
