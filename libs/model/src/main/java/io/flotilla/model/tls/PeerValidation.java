// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.tls;

import io.flotilla.model.match.StringMatch;
import java.util.List;

/**
 * How the peer's certificate is checked.
 *
 * @param subjectAltNames one must match a SAN; empty: any certificate of a trusted root
 */
public record PeerValidation(TrustRef trust, List<StringMatch> subjectAltNames) {
  public PeerValidation {
    subjectAltNames = List.copyOf(subjectAltNames);
  }
}
