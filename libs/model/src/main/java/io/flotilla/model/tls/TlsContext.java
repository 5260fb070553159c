// SPDX-License-Identifier: Apache-2.0
package io.flotilla.model.tls;

import java.util.List;
import java.util.Optional;

/**
 * What client and server share.
 *
 * @param certificate ours; empty on a client that shows none
 * @param alpn in order of preference; may be empty
 * @param cipherSuites OpenSSL names for up to TLS 1.2; empty: the safe default
 */
public record TlsContext(
    Optional<CertificateRef> certificate,
    Optional<PeerValidation> validation,
    List<String> alpn,
    Version minimum,
    Version maximum,
    List<String> cipherSuites) {
  public TlsContext {
    alpn = List.copyOf(alpn);
    cipherSuites = List.copyOf(cipherSuites);
  }

  /** Protocol versions that are accepted at all. */
  public enum Version {
    TLS_1_0,
    TLS_1_1,
    TLS_1_2,
    TLS_1_3
  }
}
