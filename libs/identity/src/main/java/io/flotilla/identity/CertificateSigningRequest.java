// SPDX-License-Identifier: Apache-2.0
package io.flotilla.identity;

import java.io.IOException;
import java.net.InetAddress;
import java.net.UnknownHostException;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.Signature;
import java.security.spec.X509EncodedKeySpec;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.bouncycastle.asn1.ASN1OctetString;
import org.bouncycastle.asn1.pkcs.PKCSObjectIdentifiers;
import org.bouncycastle.asn1.x500.X500Name;
import org.bouncycastle.asn1.x509.Extension;
import org.bouncycastle.asn1.x509.Extensions;
import org.bouncycastle.asn1.x509.ExtensionsGenerator;
import org.bouncycastle.asn1.x509.GeneralName;
import org.bouncycastle.asn1.x509.GeneralNames;
import org.bouncycastle.operator.OperatorCreationException;
import org.bouncycastle.operator.jcajce.JcaContentSignerBuilder;
import org.bouncycastle.pkcs.PKCS10CertificationRequest;
import org.bouncycastle.pkcs.jcajce.JcaPKCS10CertificationRequestBuilder;

/**
 * A PKCS#10 request whose signature holds: whoever wrote it owns the private half of {@code
 * publicKey}. What it asks for is only a wish; who the caller is, is known from its credentials.
 *
 * @param uris the URI names asked for, as they stand there
 * @param dnsNames the DNS names asked for
 * @param ipAddresses the addresses asked for, as text
 */
public record CertificateSigningRequest(
    PublicKey publicKey, List<String> uris, List<String> dnsNames, List<String> ipAddresses) {

  /** The longest request that is read. */
  public static final int LONGEST = 64 * 1024;

  private static final int MOST_NAMES = 64;

  /** Signature algorithms that are accepted, by their object identifier. */
  private static final Map<String, String> ALGORITHMS =
      Map.of(
          "1.2.840.10045.4.3.2", "SHA256withECDSA",
          "1.2.840.10045.4.3.3", "SHA384withECDSA",
          "1.2.840.10045.4.3.4", "SHA512withECDSA",
          "1.2.840.113549.1.1.11", "SHA256withRSA",
          "1.2.840.113549.1.1.12", "SHA384withRSA",
          "1.2.840.113549.1.1.13", "SHA512withRSA");

  public CertificateSigningRequest {
    uris = List.copyOf(uris);
    dnsNames = List.copyOf(dnsNames);
    ipAddresses = List.copyOf(ipAddresses);
  }

  /** The PEM text of a request for {@code id}, signed with {@code key}. */
  public static String build(KeyMaterial key, SpiffeId id) {
    return build(key, id, List.of());
  }

  /**
   * The PEM text of a request for {@code id} and further names.
   *
   * @param hosts DNS names and literal IP addresses
   */
  public static String build(KeyMaterial key, SpiffeId id, List<String> hosts) {
    try {
      ExtensionsGenerator extensions = new ExtensionsGenerator();
      extensions.addExtension(
          Extension.subjectAlternativeName,
          true,
          new GeneralNames(SubjectNames.of(id, hosts).toArray(new GeneralName[0])));
      JcaPKCS10CertificationRequestBuilder builder =
          new JcaPKCS10CertificationRequestBuilder(new X500Name(""), key.publicKey());
      builder.addAttribute(PKCSObjectIdentifiers.pkcs_9_at_extensionRequest, extensions.generate());
      PKCS10CertificationRequest request =
          builder.build(
              new JcaContentSignerBuilder(key.signatureAlgorithm()).build(key.privateKey()));
      return Pem.encode("CERTIFICATE REQUEST", request.getEncoded());
    } catch (IOException | OperatorCreationException e) {
      throw new InvalidIdentityException(
          "The certificate request for " + id + " cannot be made: " + e.getMessage(), e);
    }
  }

  /**
   * Reads a request and checks its signature and key.
   *
   * @throws InvalidIdentityException if it is no PEM-encoded PKCS#10 request of at most {@value
   *     #LONGEST} characters, its signature does not hold, or its key is too weak
   */
  public static CertificateSigningRequest parse(String pem) {
    if (pem.length() > LONGEST) {
      throw new InvalidIdentityException(
          "The certificate request is longer than " + LONGEST + " characters");
    }
    List<Pem.Block> blocks = Pem.blocks(pem, "certificate request");
    if (blocks.size() != 1 || !blocks.getFirst().label().endsWith("CERTIFICATE REQUEST")) {
      throw new InvalidIdentityException(
          "The certificate request must be one PEM block 'CERTIFICATE REQUEST'");
    }
    try {
      PKCS10CertificationRequest request = new PKCS10CertificationRequest(blocks.getFirst().der());
      PublicKey key = publicKey(request);
      verify(request, key);
      return read(request, key);
    } catch (InvalidIdentityException e) {
      throw e;
    } catch (IOException | GeneralSecurityException | RuntimeException e) {
      // Hostile DER makes the parser fail in many ways; all mean the same to the caller.
      throw new InvalidIdentityException("The certificate request is not a PKCS#10 request", e);
    }
  }

  /**
   * The one SPIFFE id that is asked for, if any.
   *
   * @throws InvalidIdentityException if several are, or it is no SPIFFE id
   */
  public Optional<SpiffeId> spiffeId() {
    if (uris.size() > 1) {
      throw new InvalidIdentityException(
          "The certificate request asks for " + uris.size() + " URIs; ask for one");
    }
    return uris.isEmpty() ? Optional.empty() : Optional.of(SpiffeId.parse(uris.getFirst()));
  }

  /** DNS names and addresses that are asked for. */
  public List<String> hosts() {
    List<String> hosts = new ArrayList<>(dnsNames);
    hosts.addAll(ipAddresses);
    return hosts;
  }

  private static PublicKey publicKey(PKCS10CertificationRequest request)
      throws IOException, GeneralSecurityException {
    String algorithm = request.getSubjectPublicKeyInfo().getAlgorithm().getAlgorithm().getId();
    String name =
        switch (algorithm) {
          case "1.2.840.10045.2.1" -> "EC";
          case "1.2.840.113549.1.1.1" -> "RSA";
          default ->
              throw new InvalidIdentityException(
                  "The key of the certificate request is of the type "
                      + Excerpt.of(algorithm)
                      + ", but must be EC or RSA");
        };
    PublicKey key =
        KeyFactory.getInstance(name)
            .generatePublic(new X509EncodedKeySpec(request.getSubjectPublicKeyInfo().getEncoded()));
    Optional<String> objection = AcceptableKey.objection(key);
    if (objection.isPresent()) {
      throw new InvalidIdentityException("The key of the certificate request " + objection.get());
    }
    return key;
  }

  private static void verify(PKCS10CertificationRequest request, PublicKey key)
      throws IOException, GeneralSecurityException {
    String identifier = request.getSignatureAlgorithm().getAlgorithm().getId();
    String algorithm = ALGORITHMS.get(identifier);
    if (algorithm == null) {
      throw new InvalidIdentityException(
          "The certificate request is signed by the algorithm "
              + Excerpt.of(identifier)
              + ", which is not accepted: use SHA-256, SHA-384 or SHA-512 with ECDSA or RSA");
    }
    Signature signature = Signature.getInstance(algorithm);
    signature.initVerify(key);
    signature.update(request.toASN1Structure().getCertificationRequestInfo().getEncoded("DER"));
    if (!signature.verify(request.getSignature())) {
      throw new InvalidIdentityException(
          "The signature of the certificate request does not hold: sign it with its own key");
    }
  }

  private static CertificateSigningRequest read(PKCS10CertificationRequest request, PublicKey key)
      throws UnknownHostException {
    List<String> uris = new ArrayList<>();
    List<String> dnsNames = new ArrayList<>();
    List<String> addresses = new ArrayList<>();
    Extensions extensions = request.getRequestedExtensions();
    GeneralNames names =
        extensions == null
            ? null
            : GeneralNames.fromExtensions(extensions, Extension.subjectAlternativeName);
    GeneralName[] all = names == null ? new GeneralName[0] : names.getNames();
    if (all.length > MOST_NAMES) {
      throw new InvalidIdentityException(
          "The certificate request asks for more than " + MOST_NAMES + " names");
    }
    for (GeneralName name : all) {
      switch (name.getTagNo()) {
        case GeneralName.uniformResourceIdentifier -> uris.add(name.getName().toString());
        case GeneralName.dNSName -> dnsNames.add(name.getName().toString());
        case GeneralName.iPAddress ->
            addresses.add(
                InetAddress.getByAddress(ASN1OctetString.getInstance(name.getName()).getOctets())
                    .getHostAddress());
        default ->
            throw new InvalidIdentityException(
                "The certificate request asks for a name that is neither URI, DNS name nor"
                    + " address");
      }
    }
    return new CertificateSigningRequest(key, uris, dnsNames, addresses);
  }
}
