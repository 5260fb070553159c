// SPDX-License-Identifier: Apache-2.0
package io.flotilla.identity;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.math.BigInteger;
import java.security.GeneralSecurityException;
import java.security.KeyFactory;
import java.security.PublicKey;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.security.spec.ECFieldFp;
import java.security.spec.ECPoint;
import java.security.spec.ECPublicKeySpec;
import java.security.spec.RSAPublicKeySpec;
import java.util.Base64;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;

/**
 * A JSON web key set (RFC 7517): the public keys by which tokens are verified. Keys of kinds that
 * the mesh does not use are passed over when reading, as the RFC asks.
 *
 * @param keys by key id; EC keys on P-256 and RSA keys
 */
public record JsonWebKeys(Map<String, PublicKey> keys) {
  /** Strict where laxness would let two readers of one token disagree. */
  static final ObjectMapper JSON =
      new ObjectMapper()
          .enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION)
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private static final int LONGEST = 1 << 20;
  private static final int MOST_KEYS = 256;
  private static final int P256_BYTES = 32;

  public JsonWebKeys {
    keys = Collections.unmodifiableMap(new TreeMap<>(keys));
  }

  /** A set of one key. */
  public static JsonWebKeys of(String keyId, PublicKey key) {
    return new JsonWebKeys(Map.of(keyId, key));
  }

  /**
   * Reads a key set.
   *
   * @param what the object, as a message should name it
   * @throws InvalidIdentityException if it is none, or a key of a kind that is used is damaged
   */
  public static JsonWebKeys parse(String json, String what) {
    if (json.length() > LONGEST) {
      throw new InvalidIdentityException(
          "The " + what + " is longer than " + LONGEST + " characters");
    }
    JsonNode keys;
    try {
      keys = JSON.readTree(json).path("keys");
    } catch (JsonProcessingException e) {
      throw new InvalidIdentityException("The " + what + " is not JSON", e);
    }
    if (!keys.isArray() || keys.size() > MOST_KEYS) {
      throw new InvalidIdentityException(
          "The " + what + " must hold an array 'keys' of at most " + MOST_KEYS + " keys");
    }
    Map<String, PublicKey> found = new LinkedHashMap<>();
    for (JsonNode key : keys) {
      String id = key.path("kid").asText("");
      try {
        read(key).ifPresent(each -> found.put(id, each));
      } catch (GeneralSecurityException | IllegalArgumentException e) {
        throw new InvalidIdentityException(
            "The key '" + Excerpt.of(id) + "' in the " + what + " cannot be read", e);
      }
    }
    return new JsonWebKeys(found);
  }

  /** The set as JSON. */
  public String toJson() {
    ObjectNode set = JSON.createObjectNode();
    ArrayNode array = set.putArray("keys");
    keys.forEach(
        (id, key) -> {
          ObjectNode node = array.addObject();
          node.put("kid", id).put("use", "sig");
          switch (key) {
            case ECPublicKey ec ->
                node.put("kty", "EC")
                    .put("alg", "ES256")
                    .put("crv", "P-256")
                    .put("x", unsigned(ec.getW().getAffineX(), P256_BYTES))
                    .put("y", unsigned(ec.getW().getAffineY(), P256_BYTES));
            case RSAPublicKey rsa ->
                node.put("kty", "RSA")
                    .put("alg", "RS256")
                    .put("n", unsigned(rsa.getModulus(), (rsa.getModulus().bitLength() + 7) / 8))
                    .put("e", unsigned(rsa.getPublicExponent(), 3));
            default ->
                throw new InvalidIdentityException(
                    "The key '" + id + "' is neither EC nor RSA, so no key set can hold it");
          }
        });
    return set.toString();
  }

  private static Optional<PublicKey> read(JsonNode key) throws GeneralSecurityException {
    PublicKey read;
    if (key.path("kty").asText().equals("EC") && key.path("crv").asText().equals("P-256")) {
      ECPoint point = new ECPoint(number(key, "x"), number(key, "y"));
      checkOnP256(point);
      read =
          KeyFactory.getInstance("EC")
              .generatePublic(new ECPublicKeySpec(point, AcceptableKey.parameters("secp256r1")));
    } else if (key.path("kty").asText().equals("RSA")) {
      read =
          KeyFactory.getInstance("RSA")
              .generatePublic(new RSAPublicKeySpec(number(key, "n"), number(key, "e")));
    } else {
      return Optional.empty();
    }
    if (AcceptableKey.objection(read).isPresent()) {
      throw new InvalidIdentityException("the key is too weak");
    }
    return Optional.of(read);
  }

  private static void checkOnP256(ECPoint point) {
    var curve = AcceptableKey.parameters("secp256r1").getCurve();
    BigInteger p = ((ECFieldFp) curve.getField()).getP();
    BigInteger x = point.getAffineX();
    BigInteger y = point.getAffineY();
    BigInteger right = x.pow(3).add(curve.getA().multiply(x)).add(curve.getB()).mod(p);
    if (x.compareTo(p) >= 0 || y.compareTo(p) >= 0 || !y.multiply(y).mod(p).equals(right)) {
      throw new InvalidIdentityException("the point is not on the curve");
    }
  }

  private static BigInteger number(JsonNode key, String field) {
    byte[] bytes = Base64.getUrlDecoder().decode(key.path(field).asText());
    if (bytes.length == 0 || bytes.length > 1024 + 1) {
      throw new InvalidIdentityException("the field '" + field + "' has an unacceptable length");
    }
    return new BigInteger(1, bytes);
  }

  private static String unsigned(BigInteger number, int length) {
    byte[] bytes = number.toByteArray();
    byte[] exact = new byte[length];
    int skip = Math.max(0, bytes.length - length);
    System.arraycopy(bytes, skip, exact, length - (bytes.length - skip), bytes.length - skip);
    return Base64.getUrlEncoder().withoutPadding().encodeToString(exact);
  }
}
