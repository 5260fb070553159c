// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.tls;

import io.netty.channel.Channel;
import io.netty.handler.ssl.SslHandler;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.Optional;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;

/** Who a connection's peer proved to be. */
public final class Peers {
  private Peers() {}

  /** The SPIFFE id of the peer's certificate; empty without mutual TLS. */
  public static Optional<String> spiffeId(Channel channel) {
    return leaf(channel.pipeline().get(SslHandler.class)).flatMap(Peers::spiffe);
  }

  /** The SPIFFE id of our own certificate on this connection. */
  public static Optional<String> ownSpiffeId(Channel channel) {
    SslHandler handler = channel.pipeline().get(SslHandler.class);
    if (handler == null) {
      return Optional.empty();
    }
    var own = handler.engine().getSession().getLocalCertificates();
    return own != null && own.length > 0 && own[0] instanceof X509Certificate x509
        ? spiffe(x509)
        : Optional.empty();
  }

  private static Optional<X509Certificate> leaf(@Nullable SslHandler handler) {
    if (handler == null) {
      return Optional.empty();
    }
    try {
      var chain = handler.engine().getSession().getPeerCertificates();
      return chain.length > 0 && chain[0] instanceof X509Certificate x509
          ? Optional.of(x509)
          : Optional.empty();
    } catch (SSLPeerUnverifiedException e) {
      return Optional.empty();
    }
  }

  private static Optional<String> spiffe(X509Certificate certificate) {
    try {
      return PeerTrust.subjectAltNames(certificate).stream()
          .filter(n -> n.startsWith("spiffe://"))
          .findFirst();
    } catch (CertificateException e) {
      return Optional.empty();
    }
  }
}
