// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.jwt;

import java.security.PublicKey;
import java.util.List;
import java.util.Map;
import org.jose4j.jwa.AlgorithmConstraints;
import org.jose4j.jwk.JsonWebKey;
import org.jose4j.jwk.PublicJsonWebKey;
import org.jose4j.jws.JsonWebSignature;
import org.jose4j.lang.JoseException;

/** Whether a token is signed by one of an issuer's keys. */
final class SignatureCheck {
  /** Key kinds by algorithm: no key verifies by an algorithm that is not of its own kind. */
  private static final Map<String, String> KEY_TYPES =
      Map.of(
          "RS256", "RSA", "RS384", "RSA", "RS512", "RSA", "PS256", "RSA", "PS384", "RSA", "PS512",
          "RSA", "ES256", "EC", "ES384", "EC", "ES512", "EC", "EdDSA", "OKP");

  private SignatureCheck() {}

  static boolean isSupported(String algorithm) {
    return KEY_TYPES.containsKey(algorithm);
  }

  static TokenStatus check(Token token, List<JsonWebKey> keys) {
    boolean found = false;
    for (JsonWebKey key : keys) {
      if (!fits(token, key)) {
        continue;
      }
      found = true;
      if (key.getKeyType().equals(KEY_TYPES.get(token.algorithm()))
          && key instanceof PublicJsonWebKey pair
          && holds(token, pair.getPublicKey())) {
        return TokenStatus.OK;
      }
    }
    return found ? TokenStatus.BAD_SIGNATURE : TokenStatus.NO_SUCH_KEY;
  }

  private static boolean fits(Token token, JsonWebKey key) {
    String id = key.getKeyId();
    return (token.keyId().isEmpty() || id == null || id.equals(token.keyId()))
        && (key.getAlgorithm() == null || key.getAlgorithm().equals(token.algorithm()));
  }

  private static boolean holds(Token token, PublicKey key) {
    try {
      JsonWebSignature signature = new JsonWebSignature();
      signature.setAlgorithmConstraints(
          new AlgorithmConstraints(AlgorithmConstraints.ConstraintType.PERMIT, token.algorithm()));
      signature.setCompactSerialization(token.compact());
      signature.setKey(key);
      return signature.verifySignature();
    } catch (JoseException e) {
      return false;
    }
  }
}
