// SPDX-License-Identifier: Apache-2.0
package io.flotilla.citadel;

import io.flotilla.identity.JwtClaims;
import io.flotilla.identity.JwtSigner;
import io.flotilla.identity.KeyMaterial;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.time.Instant;

/** Tokens of service accounts, by a key that Citadel under test knows. */
final class TestTokens {
  static final JwtSigner SIGNER = new JwtSigner(KeyMaterial.p256(), "test");

  private TestTokens() {}

  /** Writes the key set where the test configuration says. */
  static void writeKeySet() throws Exception {
    Path file = Path.of("target", "citadel-test", "jwks.json");
    Files.createDirectories(file.getParent());
    Path beside = Files.writeString(file.resolveSibling("jwks.new"), SIGNER.keys().toJson());
    Files.move(beside, file, StandardCopyOption.REPLACE_EXISTING);
  }

  static String token(String namespace, String account) {
    Instant now = Instant.now();
    return SIGNER.sign(
        JwtClaims.of(
            "test",
            "system:serviceaccount:" + namespace + ":" + account,
            "istio-ca",
            now,
            now.plusSeconds(3600)));
  }
}
