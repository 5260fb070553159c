// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.tls;

import io.flotilla.model.InvalidModelException;
import io.flotilla.model.tls.CertificateRef;
import io.flotilla.model.tls.DownstreamTls;
import io.flotilla.model.tls.PeerValidation;
import io.flotilla.model.tls.Secret;
import io.flotilla.model.tls.TlsContext;
import io.flotilla.model.tls.TrustRef;
import io.flotilla.model.tls.UpstreamTls;
import io.netty.handler.ssl.ApplicationProtocolConfig;
import io.netty.handler.ssl.ClientAuth;
import io.netty.handler.ssl.OpenSsl;
import io.netty.handler.ssl.SslContext;
import io.netty.handler.ssl.SslContextBuilder;
import io.netty.handler.ssl.SslProvider;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyStore;
import java.security.cert.CertPathBuilder;
import java.security.cert.CertStore;
import java.security.cert.Certificate;
import java.security.cert.CertificateFactory;
import java.security.cert.CollectionCertStoreParameters;
import java.security.cert.PKIXBuilderParameters;
import java.security.cert.PKIXRevocationChecker;
import java.security.cert.X509CertSelector;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.CertPathTrustManagerParameters;
import javax.net.ssl.SSLException;
import javax.net.ssl.TrustManager;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;
import org.jspecify.annotations.Nullable;

/** Builds and keeps contexts; used on one event loop. */
public final class TlsContexts {
  private Map<String, Secret> secrets = Map.of();
  private final Map<Object, SslContext> built = new HashMap<>();

  private record ClientKey(TlsContext context, List<String> alpn) {}

  /** The secrets from now on; what was built from others is forgotten, open connections live on. */
  public void secrets(Map<String, Secret> now) {
    if (!now.equals(secrets)) {
      secrets = now;
      built.clear();
    }
  }

  /** Whether every secret that the context names is at hand. */
  public boolean isReady(TlsContext context) {
    return missing(context) == null;
  }

  private @Nullable String missing(TlsContext context) {
    if (context.certificate().orElse(null) instanceof CertificateRef.Sds sds
        && !(secrets.get(sds.name()) instanceof Secret.KeyPair)) {
      return sds.name();
    }
    if (context.validation().map(PeerValidation::trust).orElse(null) instanceof TrustRef.Sds sds
        && !(secrets.get(sds.name()) instanceof Secret.TrustBundle)) {
      return sds.name();
    }
    return null;
  }

  /**
   * The server's context.
   *
   * @throws SSLException naming what is missing or wrong
   */
  public SslContext server(DownstreamTls tls) throws SSLException {
    SslContext known = built.get(tls);
    if (known != null) {
      return known;
    }
    TlsContext context = tls.common();
    refuseMissing(context);
    CertificateRef certificate =
        context
            .certificate()
            .orElseThrow(() -> new SSLException("a TLS server needs a certificate"));
    SslContextBuilder builder = keyed(certificate, true);
    builder.trustManager(trust(context.validation()));
    builder.clientAuth(
        tls.requireClientCertificate()
            ? ClientAuth.REQUIRE
            : context.validation().isPresent() ? ClientAuth.OPTIONAL : ClientAuth.NONE);
    SslContext made = finish(builder, context, context.alpn());
    built.put(tls, made);
    return made;
  }

  /**
   * The client's context.
   *
   * @param alpn what is offered, in place of the context's own list
   * @throws SSLException naming what is missing or wrong
   */
  public SslContext client(UpstreamTls tls, List<String> alpn) throws SSLException {
    ClientKey key = new ClientKey(tls.common(), alpn);
    SslContext known = built.get(key);
    if (known != null) {
      return known;
    }
    refuseMissing(tls.common());
    SslContextBuilder builder =
        tls.common().certificate().isPresent()
            ? keyed(tls.common().certificate().get(), false)
            : SslContextBuilder.forClient();
    builder.trustManager(trust(tls.common().validation()));
    // Names are checked by the trust manager against the configured SANs.
    builder.endpointIdentificationAlgorithm(null);
    SslContext made = finish(builder, tls.common(), alpn);
    built.put(key, made);
    return made;
  }

  private void refuseMissing(TlsContext context) throws SSLException {
    String name = missing(context);
    if (name != null) {
      throw new SSLException("the secret '" + name + "' has not arrived yet");
    }
  }

  private static SslContext finish(SslContextBuilder builder, TlsContext context, List<String> alpn)
      throws SSLException {
    builder.sslProvider(OpenSsl.isAvailable() ? SslProvider.OPENSSL : SslProvider.JDK);
    builder.protocols(protocols(context.minimum(), context.maximum()));
    if (!context.cipherSuites().isEmpty()) {
      builder.ciphers(context.cipherSuites());
    }
    if (!alpn.isEmpty()) {
      builder.applicationProtocolConfig(
          new ApplicationProtocolConfig(
              ApplicationProtocolConfig.Protocol.ALPN,
              ApplicationProtocolConfig.SelectorFailureBehavior.NO_ADVERTISE,
              ApplicationProtocolConfig.SelectedListenerFailureBehavior.ACCEPT,
              alpn));
    }
    return builder.build();
  }

  private static String[] protocols(TlsContext.Version from, TlsContext.Version to) {
    List<String> names = new ArrayList<>();
    for (TlsContext.Version v : TlsContext.Version.values()) {
      if (v.compareTo(from) >= 0 && v.compareTo(to) <= 0) {
        names.add(
            switch (v) {
              case TLS_1_0 -> "TLSv1";
              case TLS_1_1 -> "TLSv1.1";
              case TLS_1_2 -> "TLSv1.2";
              case TLS_1_3 -> "TLSv1.3";
            });
      }
    }
    return names.toArray(String[]::new);
  }

  private SslContextBuilder keyed(CertificateRef ref, boolean server) throws SSLException {
    try (InputStream chain = chain(ref);
        InputStream key = key(ref)) {
      return server
          ? SslContextBuilder.forServer(chain, key)
          : SslContextBuilder.forClient().keyManager(chain, key);
    } catch (IOException | IllegalArgumentException e) {
      throw new SSLException(
          "the certificate or key of " + ref + " cannot be read: " + e.getMessage(), e);
    }
  }

  private InputStream chain(CertificateRef ref) throws IOException {
    return switch (ref) {
      case CertificateRef.Files f -> Files.newInputStream(Path.of(f.chainPath()));
      case CertificateRef.Sds s -> text(((Secret.KeyPair) secret(s.name())).chainPem());
    };
  }

  private InputStream key(CertificateRef ref) throws IOException {
    return switch (ref) {
      case CertificateRef.Files f -> Files.newInputStream(Path.of(f.keyPath()));
      case CertificateRef.Sds s -> text(((Secret.KeyPair) secret(s.name())).keyPem());
    };
  }

  private Secret secret(String name) {
    Secret secret = secrets.get(name);
    if (secret == null) {
      throw new InvalidModelException("the secret '" + name + "' has not arrived yet");
    }
    return secret;
  }

  private static InputStream text(String pem) {
    return new ByteArrayInputStream(pem.getBytes(StandardCharsets.UTF_8));
  }

  private TrustManager trust(Optional<PeerValidation> validation) throws SSLException {
    try {
      if (validation.isEmpty() || validation.get().trust() instanceof TrustRef.AcceptAny) {
        return new PeerTrust(null, validation);
      }
      PeerValidation wanted = validation.get();
      String revoked =
          switch (wanted.revocations().orElse(null)) {
            case TrustRef.File f -> Files.readString(Path.of(f.path()));
            case TrustRef.Inline i -> i.pem();
            case null, default -> "";
          };
      KeyStore roots = null;
      switch (wanted.trust()) {
        case TrustRef.System s -> {}
        case TrustRef.File f -> roots = roots(Files.readString(Path.of(f.path())));
        case TrustRef.Inline i -> roots = roots(i.pem());
        case TrustRef.Sds s -> {
          Secret.TrustBundle bundle = (Secret.TrustBundle) secret(s.name());
          roots = roots(bundle.rootsPem());
          revoked = revoked.isEmpty() ? bundle.revocationsPem() : revoked;
        }
        case TrustRef.AcceptAny a -> {}
      }
      TrustManagerFactory factory =
          TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
      if (revoked.isEmpty()) {
        factory.init(roots);
      } else {
        factory.init(heeding(roots, revoked));
      }
      for (TrustManager manager : factory.getTrustManagers()) {
        if (manager instanceof X509TrustManager x509) {
          return new PeerTrust(x509, validation);
        }
      }
      throw new SSLException("this JVM has no X.509 trust manager");
    } catch (GeneralSecurityException | IOException e) {
      throw new SSLException("the trusted roots cannot be read: " + e.getMessage(), e);
    }
  }

  // As OpenSSL with lists does: each certificate of a chain must be told of by one that is current.
  private static CertPathTrustManagerParameters heeding(@Nullable KeyStore roots, String lists)
      throws GeneralSecurityException, SSLException {
    if (roots == null) {
      throw new SSLException("a revocation list needs the roots that it is of");
    }
    PKIXBuilderParameters parameters = new PKIXBuilderParameters(roots, new X509CertSelector());
    parameters.addCertStore(
        CertStore.getInstance(
            "Collection",
            new CollectionCertStoreParameters(
                CertificateFactory.getInstance("X.509").generateCRLs(text(lists)))));
    PKIXRevocationChecker checker =
        (PKIXRevocationChecker) CertPathBuilder.getInstance("PKIX").getRevocationChecker();
    checker.setOptions(
        EnumSet.of(
            PKIXRevocationChecker.Option.PREFER_CRLS, PKIXRevocationChecker.Option.NO_FALLBACK));
    parameters.addCertPathChecker(checker);
    return new CertPathTrustManagerParameters(parameters);
  }

  private static KeyStore roots(String pem) throws GeneralSecurityException, IOException {
    KeyStore store = KeyStore.getInstance(KeyStore.getDefaultType());
    store.load(null, null);
    int n = 0;
    for (Certificate root :
        CertificateFactory.getInstance("X.509").generateCertificates(text(pem))) {
      store.setCertificateEntry("root-" + n++, root);
    }
    return store;
  }
}
