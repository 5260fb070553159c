// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.envoy.policy;

import java.io.IOException;
import java.io.StringWriter;
import java.io.UncheckedIOException;
import java.math.BigInteger;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.GeneralSecurityException;
import java.security.KeyPair;
import java.security.KeyPairGenerator;
import java.security.KeyStore;
import java.security.cert.X509Certificate;
import java.time.Duration;
import java.time.Instant;
import java.util.Date;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import javax.net.ssl.KeyManager;
import javax.net.ssl.KeyManagerFactory;
import javax.net.ssl.SSLContext;
import javax.net.ssl.TrustManagerFactory;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.openssl.jcajce.JcaPEMWriter;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.util.io.pem.PemObject;

/** Certificates of one root, of any URI: also of those that a CA of ours would refuse to sign. */
final class Identities {
  private static final X500Name ROOT = new X500Name("CN=root");

  private final KeyPair rootKeys = keys();
  private final X509Certificate root;
  private final KeyPair keys = keys();
  private final Map<Optional<String>, SSLContext> contexts = new HashMap<>();
  private long serial = 1;

  Identities() throws GeneralSecurityException {
    root = sign(ROOT, rootKeys, Optional.empty(), true);
  }

  private static KeyPair keys() throws GeneralSecurityException {
    KeyPairGenerator generator = KeyPairGenerator.getInstance("EC");
    generator.initialize(256);
    return generator.generateKeyPair();
  }

  private X509Certificate sign(
      X500Name subject, KeyPair of, Optional<String> uri, boolean authority)
      throws GeneralSecurityException {
    try {
      Instant now = Instant.now();
      JcaX509v3CertificateBuilder builder =
          new JcaX509v3CertificateBuilder(
              ROOT,
              BigInteger.valueOf(serial++),
              Date.from(now.minus(Duration.ofHours(1))),
              Date.from(now.plus(Duration.ofDays(1))),
              subject,
              of.getPublic());
      builder.addExtension(Extension.basicConstraints, true, new BasicConstraints(authority));
      if (uri.isPresent()) {
        builder.addExtension(
            Extension.subjectAlternativeName,
            true,
            new GeneralNames(new GeneralName(GeneralName.uniformResourceIdentifier, uri.get())));
      }
      return new JcaX509CertificateConverter()
          .getCertificate(
              builder.build(
                  new JcaContentSignerBuilder("SHA256withECDSA").build(rootKeys.getPrivate())));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (OperatorCreationException e) {
      throw new GeneralSecurityException(e);
    }
  }

  /** Writes root.pem, server.pem and server.key. */
  void write(Path folder) throws GeneralSecurityException, IOException {
    Files.writeString(folder.resolve("root.pem"), pem(root));
    Files.writeString(
        folder.resolve("server.pem"),
        pem(sign(new X500Name("CN=server"), keys, Optional.of("spiffe://x/server"), false)));
    Files.writeString(
        folder.resolve("server.key"),
        pem(new PemObject("PRIVATE KEY", keys.getPrivate().getEncoded())));
  }

  private static String pem(Object object) throws IOException {
    StringWriter out = new StringWriter();
    try (JcaPEMWriter writer = new JcaPEMWriter(out)) {
      writer.writeObject(object);
    }
    return out.toString();
  }

  /** TLS as a client of that identity; empty: of none. */
  SSLContext client(Optional<String> uri) throws GeneralSecurityException {
    SSLContext known = contexts.get(uri);
    if (known != null) {
      return known;
    }
    KeyManager[] mine = null;
    if (uri.isPresent()) {
      KeyStore store = empty();
      store.setKeyEntry(
          "me",
          keys.getPrivate(),
          new char[0],
          new X509Certificate[] {sign(new X500Name(""), keys, uri, false)});
      KeyManagerFactory factory = KeyManagerFactory.getInstance("PKIX");
      factory.init(store, new char[0]);
      mine = factory.getKeyManagers();
    }
    KeyStore trusted = empty();
    trusted.setCertificateEntry("root", root);
    TrustManagerFactory trust = TrustManagerFactory.getInstance("PKIX");
    trust.init(trusted);
    SSLContext context = SSLContext.getInstance("TLSv1.3");
    context.init(mine, trust.getTrustManagers(), null);
    contexts.put(uri, context);
    return context;
  }

  private static KeyStore empty() throws GeneralSecurityException {
    try {
      KeyStore store = KeyStore.getInstance("PKCS12");
      store.load(null, null);
      return store;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
