// SPDX-License-Identifier: Apache-2.0
package io.flotilla.identity;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.Signature;
import java.util.Base64;

/** Makes ES256 tokens (RFC 7515, RFC 7518 section 3.4) with a P-256 key. */
public final class JwtSigner {
  private static final Base64.Encoder BASE64URL = Base64.getUrlEncoder().withoutPadding();

  private final KeyMaterial key;
  private final String keyId;

  /**
   * @param keyId what verifiers find the key by
   * @throws InvalidIdentityException if the key is not on P-256
   */
  public JwtSigner(KeyMaterial key, String keyId) {
    if (!key.signatureAlgorithm().equals("SHA256withECDSA")) {
      throw new InvalidIdentityException("The signing key '" + keyId + "' must be on P-256");
    }
    this.key = key;
    this.keyId = keyId;
  }

  /** The key set by which the tokens are verified. */
  public JsonWebKeys keys() {
    return JsonWebKeys.of(keyId, key.publicKey());
  }

  /** The token, in its compact form. */
  public String sign(JwtClaims claims) {
    ObjectNode header = JsonWebKeys.JSON.createObjectNode();
    header.put("alg", "ES256").put("typ", "JWT").put("kid", keyId);
    ObjectNode body = JsonWebKeys.JSON.createObjectNode();
    claims.issuer().ifPresent(issuer -> body.put("iss", issuer));
    body.put("sub", claims.subject());
    ArrayNode audiences = body.putArray("aud");
    claims.audiences().forEach(audiences::add);
    claims.issuedAt().ifPresent(at -> body.put("iat", at.getEpochSecond()));
    claims.notBefore().ifPresent(at -> body.put("nbf", at.getEpochSecond()));
    body.put("exp", claims.expiry().getEpochSecond());
    String signed = encode(header) + "." + encode(body);
    try {
      Signature signature = Signature.getInstance("SHA256withECDSAinP1363Format");
      signature.initSign(key.privateKey());
      signature.update(signed.getBytes(StandardCharsets.US_ASCII));
      return signed + "." + BASE64URL.encodeToString(signature.sign());
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("The token cannot be signed: " + e.getMessage(), e);
    }
  }

  private static String encode(ObjectNode node) {
    return BASE64URL.encodeToString(node.toString().getBytes(StandardCharsets.UTF_8));
  }
}
