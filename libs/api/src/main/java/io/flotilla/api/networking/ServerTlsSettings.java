// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.networking;

import static io.flotilla.api.InvalidValueException.require;

import io.flotilla.api.schema.Field;
import io.flotilla.api.schema.Rule;
import io.flotilla.api.schema.Rules;
import java.util.List;
import java.util.Optional;

/** TLS of a gateway's listener. */
@Rules({
  Rule.CREDENTIALS_OR_CERTIFICATES,
  Rule.CREDENTIAL_OR_CREDENTIALS,
  Rule.CREDENTIAL_OR_CERTIFICATES
})
public record ServerTlsSettings(
    @Field("Whether plain HTTP is answered with 301 to HTTPS.") Optional<Boolean> httpsRedirect,
    @Field("Who terminates TLS, and whether clients need certificates.") Optional<Mode> mode,
    @Field("File with the server's certificate.") Optional<String> serverCertificate,
    @Field("File with the server's key.") Optional<String> privateKey,
    @Field("File with the authorities of client certificates.") Optional<String> caCertificates,
    @Field("File with a list of revoked certificates.") Optional<String> caCrl,
    @Field("Secret that holds key, certificate and authorities.") Optional<String> credentialName,
    @Field(value = "Two secrets, of different kinds of key.", minSize = 1, maxSize = 2)
        List<String> credentialNames,
    @Field("Secret that holds the authorities of client certificates.")
        Optional<String> caCertCredentialName,
    @Field(
            value = "Two certificates in files, of different kinds of key.",
            minSize = 1,
            maxSize = 2)
        List<Certificate> tlsCertificates,
    @Field("Names of which a client's certificate must have one.") List<String> subjectAltNames,
    @Field("Digests of public keys of which a client must have one.")
        List<String> verifyCertificateSpki,
    @Field("Digests of certificates of which a client must have one.")
        List<String> verifyCertificateHash,
    @Field("The oldest version; TLS 1.2 if absent.") Optional<Version> minProtocolVersion,
    @Field("The newest version.") Optional<Version> maxProtocolVersion,
    @Field("Cipher suites for TLS up to 1.2.") List<String> cipherSuites,
    @Field(value = "Accepts any certificate of a client.", nullable = true)
        Optional<Boolean> insecureSkipVerify) {
  public ServerTlsSettings {
    Mode effective = mode.orElse(Mode.PASSTHROUGH);
    boolean secret = credentialName.isPresent() || !credentialNames.isEmpty();
    boolean certificates = !tlsCertificates.isEmpty();
    if (effective == Mode.SIMPLE || effective == Mode.MUTUAL || effective == Mode.OPTIONAL_MUTUAL) {
      require(
          secret || certificates || (serverCertificate.isPresent() && privateKey.isPresent()),
          "",
          "mode " + effective + " needs credentialName, or serverCertificate and privateKey");
    }
    if (effective == Mode.MUTUAL) {
      require(
          secret || caCertificates.isPresent() || caCertCredentialName.isPresent() || certificates,
          "",
          "mode MUTUAL needs credentialName, or caCertificates");
    }
  }

  /** Who terminates TLS, and whether clients need certificates. */
  public enum Mode {
    PASSTHROUGH,
    SIMPLE,
    MUTUAL,
    AUTO_PASSTHROUGH,
    ISTIO_MUTUAL,
    OPTIONAL_MUTUAL
  }

  /** Versions of TLS. */
  public enum Version {
    TLS_AUTO,
    TLSV1_0,
    TLSV1_1,
    TLSV1_2,
    TLSV1_3
  }

  /** A certificate in files. */
  public record Certificate(
      @Field("File with the certificate.") Optional<String> serverCertificate,
      @Field("File with the key.") Optional<String> privateKey,
      @Field("File with the authorities of client certificates.")
          Optional<String> caCertificates) {}
}
