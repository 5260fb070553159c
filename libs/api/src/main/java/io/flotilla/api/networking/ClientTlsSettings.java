// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.networking;

import static io.flotilla.api.InvalidValueException.require;

import io.flotilla.api.schema.Field;
import java.util.List;
import java.util.Optional;

/** TLS towards a destination. */
public record ClientTlsSettings(
    @Field("Whether TLS is used, and whose certificates.") Optional<Mode> mode,
    @Field("File with the client's certificate (MUTUAL).") Optional<String> clientCertificate,
    @Field("File with the client's key (MUTUAL).") Optional<String> privateKey,
    @Field("File with the authorities that are trusted.") Optional<String> caCertificates,
    @Field("Secret that holds key, certificate and authorities.") Optional<String> credentialName,
    @Field("Names of which the server's certificate must have one.") List<String> subjectAltNames,
    @Field("The server name that is sent.") Optional<String> sni,
    @Field(value = "Accepts any certificate of the server.", nullable = true)
        Optional<Boolean> insecureSkipVerify,
    @Field("File with a list of revoked certificates.") Optional<String> caCrl) {
  public ClientTlsSettings {
    if (mode.orElse(Mode.DISABLE) == Mode.MUTUAL && credentialName.isEmpty()) {
      require(
          clientCertificate.isPresent() && privateKey.isPresent(),
          "",
          "mode MUTUAL needs clientCertificate and privateKey, or credentialName");
    }
  }

  /** Whether TLS is used, and whose certificates. */
  public enum Mode {
    DISABLE,
    SIMPLE,
    MUTUAL,
    ISTIO_MUTUAL
  }
}
