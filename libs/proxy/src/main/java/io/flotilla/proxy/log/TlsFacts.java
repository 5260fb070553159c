// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.log;

import io.netty.channel.Channel;
import io.netty.handler.ssl.SslHandler;
import io.netty.util.AttributeKey;
import java.net.URLEncoder;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.cert.Certificate;
import java.security.cert.CertificateEncodingException;
import java.security.cert.CertificateException;
import java.security.cert.X509Certificate;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.Collection;
import java.util.EnumMap;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import javax.net.ssl.SSLPeerUnverifiedException;
import javax.net.ssl.SSLSession;
import javax.security.auth.x500.X500Principal;
import org.jspecify.annotations.Nullable;

/** What access logs tell of a connection's TLS. Each fact is made once a connection, on demand. */
final class TlsFacts {
  private static final AttributeKey<TlsFacts> KEY = AttributeKey.valueOf(TlsFacts.class, "facts");
  // RFC 5280, section 4.2.1.6.
  private static final int EMAIL = 1;
  private static final int DNS = 2;
  private static final int URI = 6;
  private static final int IP = 7;

  private final SSLSession session;
  private final @Nullable X509Certificate peer;
  private final List<X509Certificate> chain;
  private final @Nullable X509Certificate own;
  private final Map<Fact, String> known = new EnumMap<>(Fact.class);

  /** One of them. */
  enum Fact {
    CIPHER,
    VERSION,
    SESSION_ID,
    PEER_URI,
    PEER_DNS,
    PEER_IP,
    PEER_EMAIL,
    PEER_SUBJECT,
    PEER_ISSUER,
    PEER_SERIAL,
    PEER_SHA256,
    PEER_SHA1,
    PEER_CERT,
    CHAIN_SHA256,
    CHAIN_SHA1,
    CHAIN_SERIALS,
    OWN_URI,
    OWN_DNS,
    OWN_IP,
    OWN_EMAIL,
    OWN_SUBJECT
  }

  private TlsFacts(SSLSession session) {
    this.session = session;
    this.chain = certificates(peers(session));
    this.peer = chain.isEmpty() ? null : chain.getFirst();
    List<X509Certificate> local = certificates(session.getLocalCertificates());
    this.own = local.isEmpty() ? null : local.getFirst();
  }

  /** Of a connection; null without TLS. */
  static @Nullable TlsFacts of(@Nullable Channel channel) {
    if (channel == null) {
      return null;
    }
    TlsFacts made = channel.attr(KEY).get();
    if (made == null) {
      SslHandler handler = channel.pipeline().get(SslHandler.class);
      if (handler == null) {
        return null;
      }
      made = new TlsFacts(handler.engine().getSession());
      channel.attr(KEY).set(made);
    }
    return made;
  }

  private static Certificate @Nullable [] peers(SSLSession session) {
    try {
      return session.getPeerCertificates();
    } catch (SSLPeerUnverifiedException none) {
      return null;
    }
  }

  private static List<X509Certificate> certificates(Certificate @Nullable [] all) {
    List<X509Certificate> out = new ArrayList<>();
    if (all != null) {
      for (Certificate each : all) {
        if (each instanceof X509Certificate x509) {
          out.add(x509);
        }
      }
    }
    return out;
  }

  /** Null: not known. */
  @Nullable String get(Fact fact) {
    String value = known.computeIfAbsent(fact, this::make);
    return value.isEmpty() ? null : value;
  }

  /** When the peer's certificate begins to be valid. */
  @Nullable Instant notBefore() {
    return peer == null ? null : peer.getNotBefore().toInstant();
  }

  /** When it ceases to be. */
  @Nullable Instant notAfter() {
    return peer == null ? null : peer.getNotAfter().toInstant();
  }

  private String make(Fact fact) {
    return switch (fact) {
      case CIPHER -> openSslName(session.getCipherSuite());
      case VERSION -> session.getProtocol();
      case SESSION_ID -> HexFormat.of().formatHex(session.getId());
      case PEER_URI -> names(peer, URI);
      case PEER_DNS -> names(peer, DNS);
      case PEER_IP -> names(peer, IP);
      case PEER_EMAIL -> names(peer, EMAIL);
      case PEER_SUBJECT -> of(peer, c -> name(c.getSubjectX500Principal()));
      case PEER_ISSUER -> of(peer, c -> name(c.getIssuerX500Principal()));
      case PEER_SERIAL -> of(peer, TlsFacts::serial);
      case PEER_SHA256 -> of(peer, c -> digest(c, "SHA-256"));
      case PEER_SHA1 -> of(peer, c -> digest(c, "SHA-1"));
      case PEER_CERT -> of(peer, TlsFacts::pem);
      case CHAIN_SHA256 -> all(c -> digest(c, "SHA-256"));
      case CHAIN_SHA1 -> all(c -> digest(c, "SHA-1"));
      case CHAIN_SERIALS -> all(TlsFacts::serial);
      case OWN_URI -> names(own, URI);
      case OWN_DNS -> names(own, DNS);
      case OWN_IP -> names(own, IP);
      case OWN_EMAIL -> names(own, EMAIL);
      case OWN_SUBJECT -> of(own, c -> name(c.getSubjectX500Principal()));
    };
  }

  private static String of(
      @Nullable X509Certificate certificate, Function<X509Certificate, String> what) {
    return certificate == null ? "" : what.apply(certificate);
  }

  private String all(Function<X509Certificate, String> what) {
    return String.join(",", chain.stream().map(what).toList());
  }

  private static String name(X500Principal principal) {
    return principal.getName(X500Principal.RFC2253);
  }

  private static String serial(X509Certificate certificate) {
    String hex = certificate.getSerialNumber().toString(16);
    return hex.length() % 2 == 0 ? hex : "0" + hex;
  }

  private static String digest(X509Certificate certificate, String algorithm) {
    try {
      return HexFormat.of()
          .formatHex(MessageDigest.getInstance(algorithm).digest(certificate.getEncoded()));
    } catch (NoSuchAlgorithmException | CertificateEncodingException e) {
      throw new IllegalStateException("a verified certificate cannot be hashed", e);
    }
  }

  private static String pem(X509Certificate certificate) {
    try {
      String text =
          "-----BEGIN CERTIFICATE-----\n"
              + Base64.getMimeEncoder(64, new byte[] {'\n'})
                  .encodeToString(certificate.getEncoded())
              + "\n-----END CERTIFICATE-----\n";
      return URLEncoder.encode(text, StandardCharsets.UTF_8).replace("+", "%20");
    } catch (CertificateEncodingException e) {
      throw new IllegalStateException("a verified certificate cannot be encoded", e);
    }
  }

  private static String names(@Nullable X509Certificate certificate, int kind) {
    if (certificate == null) {
      return "";
    }
    try {
      Collection<List<?>> all = certificate.getSubjectAlternativeNames();
      return all == null
          ? ""
          : String.join(
              ",",
              all.stream()
                  .filter(n -> n.getFirst().equals(kind))
                  .map(n -> String.valueOf(n.get(1)))
                  .toList());
    } catch (CertificateException unreadable) {
      return "";
    }
  }

  // TLS 1.3's names are OpenSSL's own; older ones are shortened there.
  private static String openSslName(String suite) {
    if (!suite.contains("_WITH_")) {
      return suite;
    }
    return suite
        .replace("TLS_", "")
        .replace("_WITH_", "_")
        .replace("AES_128", "AES128")
        .replace("AES_256", "AES256")
        .replace("CHACHA20_POLY1305_SHA256", "CHACHA20_POLY1305")
        .replace("RSA_AES", "RSA-AES")
        .replaceFirst("^RSA-", "")
        .replace('_', '-');
  }
}
