// SPDX-License-Identifier: Apache-2.0
package io.flotilla.identity;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.flotilla.identity.InvalidTokenException.Reason;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.PublicKey;
import java.security.Signature;
import java.security.interfaces.ECPublicKey;
import java.security.interfaces.RSAPublicKey;
import java.time.Clock;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/**
 * Verifies ES256 and RS256 tokens (the second is what Kubernetes signs with). The algorithm must
 * fit the key that the token names, so neither "none" nor a confusion of kinds passes.
 */
public final class JwtVerifier {
  private static final int LONGEST = 16 * 1024;
  private static final Duration LEEWAY = Duration.ofSeconds(10);
  private static final int P256_SIGNATURE = 64;

  private final Supplier<JsonWebKeys> keys;
  private final Optional<String> issuer;
  private final Set<String> audiences;
  private final Clock clock;

  /**
   * @param keys asked for each token, so that a changed key set counts at once
   * @param issuer what {@code iss} must be; empty: anything
   * @param audiences one of them must be in {@code aud}
   */
  public JwtVerifier(
      Supplier<JsonWebKeys> keys, Optional<String> issuer, Set<String> audiences, Clock clock) {
    this.keys = keys;
    this.issuer = issuer;
    this.audiences = Set.copyOf(audiences);
    this.clock = clock;
  }

  /**
   * What a token says, once its signature, times, issuer and audience are checked.
   *
   * @throws InvalidTokenException with the first of these that does not hold
   */
  public JwtClaims verify(String token) {
    if (token.length() > LONGEST) {
      throw malformed("The token is longer than " + LONGEST + " characters");
    }
    String[] parts = token.split("\\.", -1);
    if (parts.length != 3) {
      throw malformed("The token is not a JSON web token: it must have three parts");
    }
    checkSignature(object(parts[0]), parts);
    JwtClaims claims = claims(object(parts[1]));
    check(claims);
    return claims;
  }

  private void checkSignature(JsonNode header, String[] parts) {
    if (header.has("crit")) {
      throw malformed("The token demands extensions ('crit') that are not supported");
    }
    String algorithm = header.path("alg").asText();
    if (!algorithm.equals("ES256") && !algorithm.equals("RS256")) {
      throw new InvalidTokenException(
          Reason.UNSUPPORTED_ALGORITHM,
          "The token is signed by '"
              + Excerpt.of(algorithm)
              + "', but only ES256 and RS256 are accepted");
    }
    PublicKey key = key(header.path("kid").asText(""));
    boolean fits =
        algorithm.equals("ES256") ? key instanceof ECPublicKey : key instanceof RSAPublicKey;
    byte[] signature = decode(parts[2]);
    if (!fits
        || (algorithm.equals("ES256") && signature.length != P256_SIGNATURE)
        || !holds(algorithm, key, parts[0] + "." + parts[1], signature)) {
      throw new InvalidTokenException(
          Reason.BAD_SIGNATURE, "The signature of the token does not hold");
    }
  }

  private PublicKey key(String id) {
    var known = keys.get().keys();
    PublicKey key = known.get(id);
    if (key == null && id.isEmpty() && known.size() == 1) {
      key = known.values().iterator().next();
    }
    if (key == null) {
      throw new InvalidTokenException(
          Reason.UNKNOWN_KEY,
          "The token is signed by the key '" + Excerpt.of(id) + "', which is not known here");
    }
    return key;
  }

  private static boolean holds(String algorithm, PublicKey key, String signed, byte[] signature) {
    try {
      Signature verifier =
          Signature.getInstance(
              algorithm.equals("ES256") ? "SHA256withECDSAinP1363Format" : "SHA256withRSA");
      verifier.initVerify(key);
      verifier.update(signed.getBytes(StandardCharsets.US_ASCII));
      return verifier.verify(signature);
    } catch (GeneralSecurityException e) {
      return false;
    }
  }

  private void check(JwtClaims claims) {
    Instant now = clock.instant();
    if (!now.isBefore(claims.expiry().plus(LEEWAY))) {
      throw new InvalidTokenException(
          Reason.EXPIRED,
          "The token of " + Excerpt.of(claims.subject()) + " expired at " + claims.expiry());
    }
    if (claims.notBefore().isPresent()
        && now.plus(LEEWAY).isBefore(claims.notBefore().orElseThrow())) {
      throw new InvalidTokenException(
          Reason.NOT_YET_VALID,
          "The token of "
              + Excerpt.of(claims.subject())
              + " is not valid before "
              + claims.notBefore().orElseThrow());
    }
    if (issuer.isPresent() && !issuer.equals(claims.issuer())) {
      throw new InvalidTokenException(
          Reason.WRONG_ISSUER,
          "The token was issued by '"
              + Excerpt.of(claims.issuer().orElse(""))
              + "', but must be by '"
              + issuer.orElseThrow()
              + "'");
    }
    if (claims.audiences().stream().noneMatch(audiences::contains)) {
      throw new InvalidTokenException(
          Reason.WRONG_AUDIENCE,
          "The token is for the audience "
              + Excerpt.of(claims.audiences().toString())
              + ", but must be for one of "
              + audiences);
    }
  }

  private static JwtClaims claims(JsonNode body) {
    JsonNode subject = body.path("sub");
    if (!subject.isTextual() || subject.asText().isEmpty()) {
      throw malformed("The token names no subject ('sub')");
    }
    Instant expiry = time(body, "exp");
    if (expiry == null) {
      throw malformed("The token has no expiry ('exp')");
    }
    List<String> audiences = new ArrayList<>();
    JsonNode audience = body.path("aud");
    if (audience.isTextual()) {
      audiences.add(audience.asText());
    }
    audience.forEach(each -> audiences.add(each.asText()));
    return new JwtClaims(
        body.path("iss").isTextual() ? Optional.of(body.path("iss").asText()) : Optional.empty(),
        subject.asText(),
        audiences,
        Optional.ofNullable(time(body, "iat")),
        Optional.ofNullable(time(body, "nbf")),
        expiry);
  }

  private static @Nullable Instant time(JsonNode body, String claim) {
    JsonNode value = body.path(claim);
    if (value.isMissingNode()) {
      return null;
    }
    double seconds = value.isNumber() ? value.asDouble() : Double.NaN;
    // Beyond year 9999 the number is a mistake (milliseconds) or an attack on arithmetic.
    if (!(seconds >= 0 && seconds < 253_402_300_800d)) {
      throw malformed("The time '" + claim + "' of the token is not in seconds since 1970");
    }
    return Instant.ofEpochSecond((long) seconds);
  }

  private static JsonNode object(String part) {
    try {
      JsonNode node = JsonWebKeys.JSON.readTree(decode(part));
      if (node.isObject()) {
        return node;
      }
    } catch (JsonProcessingException e) {
      // Told below, without the parser's message, which quotes the token.
    } catch (IOException e) {
      throw new IllegalStateException("Reading from memory failed", e);
    }
    throw malformed("The token does not hold JSON objects");
  }

  private static InvalidTokenException malformed(String message) {
    return new InvalidTokenException(Reason.MALFORMED, message);
  }

  private static byte[] decode(String part) {
    try {
      return Base64.getUrlDecoder().decode(part);
    } catch (IllegalArgumentException e) {
      throw malformed("The token is not base64url");
    }
  }
}
