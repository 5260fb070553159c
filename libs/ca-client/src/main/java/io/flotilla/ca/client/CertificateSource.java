// SPDX-License-Identifier: Apache-2.0
package io.flotilla.ca.client;

import io.flotilla.identity.Svid;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.util.List;
import java.util.Optional;

/** Whoever signs a workload's certificate requests. Called by one thread at a time; may block. */
@FunctionalInterface
public interface CertificateSource {
  /**
   * A certificate for the request's key.
   *
   * @param csrPem a PEM-encoded PKCS#10 request
   * @param life what is asked for; the authority may give less
   * @param current the identity that is still valid, to prove who asks; empty: the first time, or
   *     it expired
   * @return leaf first, root last
   * @throws CaException if the authority refuses or cannot be reached
   */
  List<X509Certificate> sign(String csrPem, Duration life, Optional<Svid> current);
}
