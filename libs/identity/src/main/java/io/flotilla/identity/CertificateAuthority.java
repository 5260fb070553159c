// SPDX-License-Identifier: Apache-2.0
package io.flotilla.identity;

import java.io.IOException;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.SecureRandom;
import java.security.cert.X509Certificate;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Date;
import java.util.List;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x500.X500NameBuilder;
import org.bouncycastle.asn1.x500.style.BCStyle;
import org.bouncycastle.asn1.x509.BasicConstraints;
import org.bouncycastle.asn1.x509.ExtendedKeyUsage;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.asn1.x509.KeyPurposeId;
import org.bouncycastle.asn1.x509.KeyUsage;
import org.bouncycastle.cert.jcajce.JcaX509CertificateConverter;
import org.bouncycastle.cert.jcajce.JcaX509ExtensionUtils;
import org.bouncycastle.cert.jcajce.JcaX509v3CertificateBuilder;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.jspecify.annotations.Nullable;

/**
 * Signs X.509-SVIDs, as the SPIFFE X509-SVID specification says: one URI in the subject alternative
 * names (critical, as the subject is empty), no authority, for signatures, server and client. Pure:
 * the clock is injected, nothing is stored. Safe for use by many threads.
 */
public final class CertificateAuthority {
  /** How long before its making a certificate is valid, for peers whose clock is behind. */
  public static final Duration CLOCK_SKEW = Duration.ofMinutes(2);

  private static final int SERIAL_BITS = 127;

  private final List<X509Certificate> issuers;
  private final KeyMaterial key;
  private final TrustBundle roots;
  private final Clock clock;
  private final SecureRandom random = new SecureRandom();

  private CertificateAuthority(
      List<X509Certificate> issuers, KeyMaterial key, TrustBundle roots, Clock clock) {
    this.issuers = issuers;
    this.key = key;
    this.roots = roots;
    this.clock = clock;
  }

  /** A new authority with a root of its own. */
  public static CertificateAuthority createRoot(TrustDomain domain, Duration life, Clock clock) {
    KeyMaterial key = KeyMaterial.p256();
    Instant now = clock.instant();
    X500Name name = new X500NameBuilder().addRDN(BCStyle.O, domain.name()).build();
    X509Certificate root = authority(name, name, key, key, null, now, now.plus(life));
    return new CertificateAuthority(List.of(root), key, new TrustBundle(List.of(root)), clock);
  }

  /**
   * An authority whose certificates were made elsewhere.
   *
   * @param chainPem the issuing certificate, then its issuers; the root may be left out
   * @param keyPem the issuing certificate's private key
   * @param rootsPem what workloads are told to trust; the issuing certificate must chain to it
   * @throws InvalidIdentityException if the parts do not belong together, or the issuing
   *     certificate may not sign certificates or is not valid now
   */
  public static CertificateAuthority load(
      String chainPem, String keyPem, String rootsPem, Clock clock) {
    List<X509Certificate> chain = Pem.certificates(chainPem, "certificate chain of the authority");
    X509Certificate issuer = chain.getFirst();
    boolean[] usage = issuer.getKeyUsage();
    if (issuer.getBasicConstraints() < 0 || (usage != null && !usage[5])) {
      throw new InvalidIdentityException(
          "The certificate of the authority may not sign certificates: it needs CA:TRUE and the key"
              + " usage keyCertSign");
    }
    KeyMaterial key =
        KeyMaterial.parse(keyPem, issuer.getPublicKey(), "private key of the authority");
    TrustBundle roots = TrustBundle.parse(rootsPem, "root certificates of the authority");
    List<X509Certificate> issuers = complete(chain, roots);
    checkSignatures(issuers, roots);
    CertificateAuthority authority = new CertificateAuthority(issuers, key, roots, clock);
    authority.checkAlive(clock.instant());
    return authority;
  }

  /** A new authority below this one. */
  public CertificateAuthority createIntermediate(String commonName, Duration life) {
    Instant now = clock.instant();
    checkAlive(now);
    KeyMaterial below = KeyMaterial.p256();
    X509Certificate issuer = issuers.getFirst();
    X500Name name = new X500NameBuilder().addRDN(BCStyle.CN, commonName).build();
    X509Certificate certificate =
        authority(nameOf(issuer), name, below, key, issuer, now, earlier(now.plus(life)));
    List<X509Certificate> chain = new ArrayList<>(issuers);
    chain.addFirst(certificate);
    return new CertificateAuthority(List.copyOf(chain), below, roots, clock);
  }

  /**
   * Signs a workload's public key.
   *
   * @param hosts DNS names and literal addresses beside the SPIFFE id, for servers of the control
   *     plane that clients reach by name; usually empty
   * @param life from now; cut at the authority's own expiry
   * @return leaf first, root last
   * @throws InvalidIdentityException if the key is not acceptable, a host is malformed or the
   *     authority's own certificate has expired
   */
  public List<X509Certificate> sign(
      PublicKey workload, SpiffeId id, List<String> hosts, Duration life) {
    AcceptableKey.objection(workload)
        .ifPresent(
            why -> {
              throw new InvalidIdentityException("The key of " + id + " " + why);
            });
    if (life.isNegative() || life.isZero()) {
      throw new InvalidIdentityException(
          "The life of the certificate of " + id + " must be positive, but is " + life);
    }
    Instant now = clock.instant();
    checkAlive(now);
    X509Certificate issuer = issuers.getFirst();
    try {
      JcaX509ExtensionUtils extensions = new JcaX509ExtensionUtils();
      JcaX509v3CertificateBuilder builder =
          new JcaX509v3CertificateBuilder(
              nameOf(issuer),
              serial(random),
              Date.from(now.minus(CLOCK_SKEW)),
              Date.from(earlier(now.plus(life))),
              new X500Name(""),
              workload);
      int usage = KeyUsage.digitalSignature;
      if (workload.getAlgorithm().equals("RSA")) {
        usage |= KeyUsage.keyEncipherment;
      }
      builder
          .addExtension(Extension.keyUsage, true, new KeyUsage(usage))
          .addExtension(
              Extension.extendedKeyUsage,
              false,
              new ExtendedKeyUsage(
                  new KeyPurposeId[] {
                    KeyPurposeId.id_kp_serverAuth, KeyPurposeId.id_kp_clientAuth
                  }))
          .addExtension(Extension.basicConstraints, true, new BasicConstraints(false))
          .addExtension(
              Extension.authorityKeyIdentifier,
              false,
              extensions.createAuthorityKeyIdentifier(issuer))
          .addExtension(
              Extension.subjectAlternativeName,
              true,
              new GeneralNames(SubjectNames.of(id, hosts).toArray(new GeneralName[0])));
      List<X509Certificate> chain = new ArrayList<>(issuers.size() + 1);
      chain.add(build(builder, key));
      chain.addAll(issuers);
      return List.copyOf(chain);
    } catch (IOException | GeneralSecurityException | OperatorCreationException e) {
      throw new IllegalStateException(
          "The certificate of " + id + " cannot be signed: " + e.getMessage(), e);
    }
  }

  /** Makes a key and its certificate here, for the authority's own server and for tests. */
  public Svid issue(SpiffeId id, List<String> hosts, Duration life) {
    KeyMaterial made = KeyMaterial.p256();
    return new Svid(id, sign(made.publicKey(), id, hosts, life), made);
  }

  /** What workloads should trust. */
  public TrustBundle roots() {
    return roots;
  }

  /** The issuing certificate, then its issuers, root last. */
  public List<X509Certificate> issuers() {
    return issuers;
  }

  /** The key that signs, for storing it in a file of mode 0600. */
  public KeyMaterial key() {
    return key;
  }

  /** When the first certificate of the issuing chain expires: no certificate can outlive it. */
  public Instant expiry() {
    return issuers.stream()
        .map(each -> each.getNotAfter().toInstant())
        .min(Instant::compareTo)
        .orElseThrow();
  }

  @Override
  public String toString() {
    return "CertificateAuthority["
        + issuers.getFirst().getSubjectX500Principal().getName()
        + ", expires "
        + expiry()
        + "]";
  }

  private void checkAlive(Instant now) {
    if (!now.isBefore(expiry())) {
      throw new InvalidIdentityException(
          "The authority's own certificate expired at " + expiry() + ": replace it");
    }
  }

  private Instant earlier(Instant wanted) {
    return wanted.isBefore(expiry()) ? wanted : expiry();
  }

  private static X500Name nameOf(X509Certificate certificate) {
    return X500Name.getInstance(certificate.getSubjectX500Principal().getEncoded());
  }

  private static BigInteger serial(SecureRandom random) {
    return new BigInteger(SERIAL_BITS, random).setBit(SERIAL_BITS - 1);
  }

  private static X509Certificate authority(
      X500Name issuerName,
      X500Name name,
      KeyMaterial key,
      KeyMaterial signer,
      @Nullable X509Certificate issuer,
      Instant now,
      Instant notAfter) {
    try {
      JcaX509ExtensionUtils extensions = new JcaX509ExtensionUtils();
      JcaX509v3CertificateBuilder builder =
          new JcaX509v3CertificateBuilder(
              issuerName,
              serial(new SecureRandom()),
              Date.from(now.minus(CLOCK_SKEW).truncatedTo(ChronoUnit.SECONDS)),
              Date.from(notAfter),
              name,
              key.publicKey());
      builder
          .addExtension(Extension.basicConstraints, true, new BasicConstraints(true))
          .addExtension(
              Extension.keyUsage, true, new KeyUsage(KeyUsage.keyCertSign | KeyUsage.cRLSign))
          .addExtension(
              Extension.subjectKeyIdentifier,
              false,
              extensions.createSubjectKeyIdentifier(key.publicKey()));
      if (issuer != null) {
        builder.addExtension(
            Extension.authorityKeyIdentifier,
            false,
            extensions.createAuthorityKeyIdentifier(issuer));
      }
      return build(builder, signer);
    } catch (IOException | GeneralSecurityException | OperatorCreationException e) {
      throw new IllegalStateException(
          "The authority " + name + " cannot be made: " + e.getMessage(), e);
    }
  }

  private static X509Certificate build(JcaX509v3CertificateBuilder builder, KeyMaterial signer)
      throws GeneralSecurityException, OperatorCreationException {
    return new JcaX509CertificateConverter()
        .getCertificate(
            builder.build(
                new JcaContentSignerBuilder(signer.signatureAlgorithm())
                    .build(signer.privateKey())));
  }

  /** The chain with its root at the end, if the roots hold it. */
  private static List<X509Certificate> complete(List<X509Certificate> chain, TrustBundle roots) {
    X509Certificate last = chain.getLast();
    if (roots.roots().contains(last)) {
      return chain;
    }
    List<X509Certificate> whole = new ArrayList<>(chain);
    for (X509Certificate root : roots.roots()) {
      if (last.getIssuerX500Principal().equals(root.getSubjectX500Principal())
          && signed(last, root)) {
        whole.add(root);
        break;
      }
    }
    return List.copyOf(whole);
  }

  private static void checkSignatures(List<X509Certificate> chain, TrustBundle roots) {
    for (int i = 0; i + 1 < chain.size(); i++) {
      if (!signed(chain.get(i), chain.get(i + 1))) {
        throw new InvalidIdentityException(
            "The certificate of the authority '"
                + Excerpt.of(chain.get(i).getSubjectX500Principal().getName())
                + "' is not signed by the next in its chain");
      }
    }
    if (!roots.roots().contains(chain.getLast())) {
      throw new InvalidIdentityException(
          "The certificate of the authority does not chain to its root certificates");
    }
  }

  private static boolean signed(X509Certificate certificate, X509Certificate issuer) {
    try {
      certificate.verify(issuer.getPublicKey());
      return true;
    } catch (GeneralSecurityException e) {
      return false;
    }
  }
}
