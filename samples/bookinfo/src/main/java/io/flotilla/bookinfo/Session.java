// SPDX-License-Identifier: Apache-2.0
package io.flotilla.bookinfo;

import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.security.SecureRandom;
import java.util.Base64;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;
import org.jspecify.annotations.Nullable;

/**
 * The user of the product page, kept in a cookie that only this process can have made: name and
 * HMAC. Anyone may log in as anyone, as in upstream's sample; the signature only keeps the name
 * that goes on as header {@code end-user} free of what a log-in would refuse.
 */
final class Session {
  static final String COOKIE = "session";
  private static final int MAX_NAME = 100;
  private static final Base64.Encoder ENCODER = Base64.getUrlEncoder().withoutPadding();

  private final SecretKeySpec key;

  Session() {
    byte[] secret = new byte[32];
    new SecureRandom().nextBytes(secret);
    key = new SecretKeySpec(secret, "HmacSHA256");
  }

  /** Whether somebody may be called so: it must fit into a header. */
  static boolean isName(String name) {
    return !name.isEmpty()
        && name.length() <= MAX_NAME
        && name.chars().allMatch(c -> c >= 0x20 && c < 0x7f);
  }

  /** The cookie's value for {@code user}. */
  String open(String user) {
    return ENCODER.encodeToString(user.getBytes(StandardCharsets.UTF_8)) + "." + sign(user);
  }

  /** The user of a request, or null. */
  @Nullable String user(Request request) {
    String cookies = request.header("cookie");
    if (cookies == null) {
      return null;
    }
    for (String cookie : cookies.split(";")) {
      String[] parts = cookie.strip().split("=", 2);
      if (parts.length == 2 && parts[0].equals(COOKIE)) {
        return verified(parts[1]);
      }
    }
    return null;
  }

  private @Nullable String verified(String value) {
    int dot = value.indexOf('.');
    if (dot < 0) {
      return null;
    }
    try {
      String user =
          new String(
              Base64.getUrlDecoder().decode(value.substring(0, dot)), StandardCharsets.UTF_8);
      return isName(user)
              && MessageDigest.isEqual(
                  sign(user).getBytes(StandardCharsets.US_ASCII),
                  value.substring(dot + 1).getBytes(StandardCharsets.US_ASCII))
          ? user
          : null;
    } catch (IllegalArgumentException e) {
      return null;
    }
  }

  private String sign(String user) {
    try {
      Mac mac = Mac.getInstance("HmacSHA256");
      mac.init(key);
      return ENCODER.encodeToString(mac.doFinal(user.getBytes(StandardCharsets.UTF_8)));
    } catch (GeneralSecurityException e) {
      throw new IllegalStateException("this JDK has no HmacSHA256", e);
    }
  }
}
