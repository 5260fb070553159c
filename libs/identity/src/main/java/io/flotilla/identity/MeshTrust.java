// SPDX-License-Identifier: Apache-2.0
package io.flotilla.identity;

import java.net.Socket;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.util.List;
import java.util.function.Predicate;
import java.util.function.Supplier;
import javax.net.ssl.SSLEngine;
import javax.net.ssl.X509ExtendedTrustManager;

/**
 * Accepts peers of the mesh: a chain to a root of the bundle that is current when the handshake
 * asks, and a SPIFFE id that is allowed. Host names are not looked at: in the mesh the id is the
 * name.
 */
public final class MeshTrust extends X509ExtendedTrustManager {
  private final Supplier<TrustBundle> current;
  private final Predicate<SpiffeId> allowed;
  private final Clock clock;

  public MeshTrust(Supplier<TrustBundle> current, Predicate<SpiffeId> allowed, Clock clock) {
    this.current = current;
    this.allowed = allowed;
    this.clock = clock;
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, SSLEngine engine)
      throws CertificateException {
    check(chain);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, SSLEngine engine)
      throws CertificateException {
    check(chain);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type, Socket socket)
      throws CertificateException {
    check(chain);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type, Socket socket)
      throws CertificateException {
    check(chain);
  }

  @Override
  public void checkClientTrusted(X509Certificate[] chain, String type) throws CertificateException {
    check(chain);
  }

  @Override
  public void checkServerTrusted(X509Certificate[] chain, String type) throws CertificateException {
    check(chain);
  }

  @Override
  public X509Certificate[] getAcceptedIssuers() {
    return current.get().roots().toArray(new X509Certificate[0]);
  }

  private void check(X509Certificate[] chain) throws CertificateException {
    try {
      SpiffeId id = current.get().verify(List.of(chain), clock.instant());
      if (!allowed.test(id)) {
        throw new CertificateException("The peer is " + id + ", which is not allowed here");
      }
    } catch (InvalidIdentityException e) {
      throw new CertificateException(e.getMessage(), e);
    }
  }
}
