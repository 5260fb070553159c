// SPDX-License-Identifier: Apache-2.0
package io.flotilla.identity;

import java.security.cert.Certificate;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import org.jspecify.annotations.Nullable;

/** What the other end of a TLS connection showed. */
public final class PeerCertificates {
  private PeerCertificates() {}

  /**
   * The peer's chain as the handshake verified it, leaf first; empty: no TLS, or it showed none. A
   * connection can outlive the chain: {@link TrustBundle#verify} tells whether it is still valid.
   */
  public static List<X509Certificate> of(@Nullable SSLSession session) {
    if (session == null) {
      return List.of();
    }
    try {
      List<X509Certificate> chain = new ArrayList<>();
      for (Certificate each : session.getPeerCertificates()) {
        chain.add((X509Certificate) each);
      }
      return List.copyOf(chain);
    } catch (SSLPeerUnverifiedException e) {
      return List.of();
    }
  }
}
