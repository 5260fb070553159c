// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.jwt;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jose4j.json.JsonUtil;
import org.jose4j.lang.JoseException;
import org.jspecify.annotations.Nullable;

/**
 * A token that was read, but not verified.
 *
 * @param compact header, payload and signature, in base64url
 * @param keyId empty: none is named
 * @param issuer empty: none is named
 * @param expiry in seconds; 0: none
 * @param notBefore in seconds; 0: none
 */
record Token(
    String compact,
    String algorithm,
    String keyId,
    Map<String, Object> payload,
    String issuer,
    List<String> audiences,
    long notBefore,
    long expiry) {

  /** What reading a token gives. */
  sealed interface Read {
    /** It can be read. */
    record Good(Token token) implements Read {}

    /** It cannot. */
    record Bad(TokenStatus why) implements Read {}
  }

  /** The payload's part of the compact form. */
  String encodedPayload() {
    int first = compact.indexOf('.');
    return compact.substring(first + 1, compact.indexOf('.', first + 1));
  }

  static Read read(String compact) {
    String[] parts = compact.split("\\.", -1);
    if (parts.length != 3 || parts[0].isEmpty() || parts[1].isEmpty() || parts[2].isEmpty()) {
      return new Read.Bad(TokenStatus.BAD_FORMAT);
    }
    byte[] headerBytes = decode(parts[0]);
    if (headerBytes == null) {
      return new Read.Bad(TokenStatus.BAD_HEADER_ENCODING);
    }
    Map<String, Object> header = object(headerBytes);
    if (header == null) {
      return new Read.Bad(TokenStatus.BAD_HEADER);
    }
    if (!(header.get("alg") instanceof String algorithm)) {
      return new Read.Bad(TokenStatus.BAD_ALGORITHM);
    }
    if (!SignatureCheck.isSupported(algorithm) || header.containsKey("crit")) {
      return new Read.Bad(TokenStatus.UNSUPPORTED_ALGORITHM);
    }
    Object keyId = header.getOrDefault("kid", "");
    if (!(keyId instanceof String kid)) {
      return new Read.Bad(TokenStatus.BAD_KEY_ID);
    }
    byte[] payloadBytes = decode(parts[1]);
    if (payloadBytes == null) {
      return new Read.Bad(TokenStatus.BAD_PAYLOAD_ENCODING);
    }
    Map<String, Object> payload = object(payloadBytes);
    if (payload == null) {
      return new Read.Bad(TokenStatus.BAD_PAYLOAD);
    }
    if (decode(parts[2]) == null) {
      return new Read.Bad(TokenStatus.BAD_SIGNATURE_ENCODING);
    }
    return claims(compact, algorithm, kid, payload);
  }

  private static Read claims(
      String compact, String algorithm, String keyId, Map<String, Object> payload) {
    if (!(payload.getOrDefault("iss", "") instanceof String issuer)) {
      return new Read.Bad(TokenStatus.BAD_ISSUER);
    }
    if (!(payload.getOrDefault("sub", "") instanceof String)) {
      return new Read.Bad(TokenStatus.BAD_SUBJECT);
    }
    long issued = seconds(payload.get("iat"));
    long notBefore = seconds(payload.get("nbf"));
    long expiry = seconds(payload.get("exp"));
    if (issued < 0) {
      return new Read.Bad(TokenStatus.BAD_ISSUED_AT);
    }
    if (notBefore < 0) {
      return new Read.Bad(TokenStatus.BAD_NOT_BEFORE);
    }
    if (expiry < 0) {
      return new Read.Bad(TokenStatus.BAD_EXPIRY);
    }
    Object audience = payload.get("aud");
    List<String> audiences;
    if (audience == null) {
      audiences = List.of();
    } else if (audience instanceof String one) {
      audiences = List.of(one);
    } else if (audience instanceof List<?> all && all.stream().allMatch(String.class::isInstance)) {
      audiences = all.stream().map(String.class::cast).toList();
    } else {
      return new Read.Bad(TokenStatus.BAD_AUDIENCE);
    }
    return new Read.Good(
        new Token(compact, algorithm, keyId, payload, issuer, audiences, notBefore, expiry));
  }

  /** 0: there is none; negative: it is not a time. */
  private static long seconds(@Nullable Object value) {
    if (value == null) {
      return 0;
    }
    if (!(value instanceof Number n)) {
      return -1;
    }
    double seconds = n.doubleValue();
    return seconds >= 0 && seconds < Long.MAX_VALUE / 2.0 ? (long) seconds : -1;
  }

  private static byte @Nullable [] decode(String part) {
    try {
      return part.indexOf('=') >= 0 ? null : Base64.getUrlDecoder().decode(part);
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private static @Nullable Map<String, Object> object(byte[] json) {
    try {
      return new LinkedHashMap<>(JsonUtil.parseJson(new String(json, StandardCharsets.UTF_8)));
    } catch (JoseException e) {
      return null;
    }
  }
}
