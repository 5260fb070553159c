// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.tls;

import io.netty.channel.Channel;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.AttributeKey;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HexFormat;
import java.util.List;
import java.util.Optional;
import javax.net.ssl.SSLPeerUnverifiedException;
import org.jspecify.annotations.Nullable;

/** Who a connection's peer proved to be. */
public final class Peers {
  private static final AttributeKey<String> CLIENT_CERT =
      AttributeKey.valueOf(Peers.class, "clientCert");
  private static final AttributeKey<List<String>> NAMES =
      AttributeKey.valueOf(Peers.class, "names");
  private static final AttributeKey<String> PEER = AttributeKey.valueOf(Peers.class, "peer");
  private static final AttributeKey<String> OWN = AttributeKey.valueOf(Peers.class, "own");
  // RFC 5280, section 4.2.1.6.
  private static final int DNS = 2;
  private static final int URI = 6;

  private Peers() {}

  /**
   * Whoever is behind {@code tunnel} is behind {@code inner}, which is within it: a client that
   * proved there who it is has proved it here.
   */
  public static void vouch(Channel inner, Channel tunnel) {
    spiffeId(tunnel).ifPresent(inner.attr(PEER)::set);
    ownSpiffeId(tunnel).ifPresent(inner.attr(OWN)::set);
    String element = clientCert(tunnel);
    List<String> proved = names(tunnel);
    if (element != null && proved != null) {
      inner.attr(CLIENT_CERT).set(element);
      inner.attr(NAMES).set(proved);
    }
  }

  /** The SPIFFE id of the peer's certificate; empty without mutual TLS. */
  public static Optional<String> spiffeId(Channel channel) {
    if (channel.hasAttr(PEER)) {
      return Optional.ofNullable(channel.attr(PEER).get());
    }
    return leaf(channel.pipeline().get(SslHandler.class)).flatMap(Peers::spiffe);
  }

  /** The SPIFFE id of our own certificate on this connection. */
  public static Optional<String> ownSpiffeId(Channel channel) {
    if (channel.hasAttr(OWN)) {
      return Optional.ofNullable(channel.attr(OWN).get());
    }
    SslHandler handler = channel.pipeline().get(SslHandler.class);
    if (handler == null) {
      return Optional.empty();
    }
    var own = handler.engine().getSession().getLocalCertificates();
    return own != null && own.length > 0 && own[0] instanceof X509Certificate x509
        ? spiffe(x509)
        : Optional.empty();
  }

  /**
   * The element of x-forwarded-client-cert for the peer's certificate; null without one. It is made
   * once a connection.
   */
  public static @Nullable String clientCert(Channel channel) {
    if (channel.hasAttr(CLIENT_CERT)) {
      return channel.attr(CLIENT_CERT).get();
    }
    Optional<X509Certificate> leaf = leaf(channel.pipeline().get(SslHandler.class));
    if (leaf.isEmpty()) {
      return null;
    }
    String made = element(leaf.get(), ownSpiffeId(channel).orElse(""));
    channel.attr(CLIENT_CERT).set(made);
    return made;
  }

  /**
   * The names of the peer's certificate: its URIs, its DNS names, its subject; null without one.
   * They are read once a connection.
   */
  public static @Nullable List<String> names(Channel channel) {
    if (channel.hasAttr(NAMES)) {
      return channel.attr(NAMES).get();
    }
    Optional<X509Certificate> leaf = leaf(channel.pipeline().get(SslHandler.class));
    if (leaf.isEmpty()) {
      return null;
    }
    List<String> out = new ArrayList<>();
    try {
      var alternatives = leaf.get().getSubjectAlternativeNames();
      for (int kind : new int[] {URI, DNS}) {
        if (alternatives != null) {
          alternatives.stream()
              .filter(a -> a.getFirst().equals(kind))
              .forEach(a -> out.add(String.valueOf(a.get(1))));
        }
      }
    } catch (CertificateException e) {
      // Without readable names it is nobody in particular.
    }
    String subject = leaf.get().getSubjectX500Principal().getName();
    if (!subject.isEmpty()) {
      out.add(subject);
    }
    List<String> made = List.copyOf(out);
    channel.attr(NAMES).set(made);
    return made;
  }

  /** The peer's certificate as PEM, URL-encoded as Envoy writes it; empty without one. */
  public static String encodedCertificate(Channel channel) {
    return leaf(channel.pipeline().get(SslHandler.class))
        .map(
            certificate -> {
              try {
                String base64 =
                    Base64.getMimeEncoder(64, new byte[] {'\n'})
                        .encodeToString(certificate.getEncoded());
                String pem =
                    "-----BEGIN CERTIFICATE-----\n" + base64 + "\n-----END CERTIFICATE-----\n";
                return URLEncoder.encode(pem, StandardCharsets.US_ASCII).replace("+", "%20");
              } catch (CertificateEncodingException e) {
                return "";
              }
            })
        .orElse("");
  }

  private static String element(X509Certificate leaf, String own) {
    StringBuilder out = new StringBuilder();
    if (!own.isEmpty()) {
      out.append("By=").append(own).append(';');
    }
    try {
      byte[] hash = MessageDigest.getInstance("SHA-256").digest(leaf.getEncoded());
      out.append("Hash=").append(HexFormat.of().formatHex(hash));
      String subject = leaf.getSubjectX500Principal().getName();
      out.append(";Subject=\"")
          .append(subject.replace("\\", "\\\\").replace("\"", "\\\""))
          .append('"');
      out.append(";URI=").append(spiffe(leaf).orElse(""));
    } catch (NoSuchAlgorithmException | CertificateEncodingException e) {
      throw new IllegalStateException("a verified certificate cannot be hashed", e);
    }
    return out.toString();
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
