// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.wire;

import java.util.Locale;

/** What a service may want written into a head; all else might end it, and begin another. */
public final class HeaderText {
  private static final String SEPARATORS = "()<>@,;:\\\"/[]?={} \t";

  private HeaderText() {}

  /** Whether it is a name (RFC 9110, section 5.1). */
  public static boolean isName(String name) {
    return !name.isEmpty()
        && name.chars().allMatch(c -> c > ' ' && c < 0x7F && SEPARATORS.indexOf(c) < 0);
  }

  /** Whether it is a value (RFC 9110, section 5.5). */
  public static boolean isValue(String value) {
    return value.chars().allMatch(c -> c == '\t' || c >= ' ' && c != 0x7F && c <= 0xFF);
  }

  /** Headers that say where a message ends, which is nobody's to say but the proxy's. */
  public static boolean isFraming(String name) {
    return switch (name.toLowerCase(Locale.ROOT)) {
      case "content-length", "transfer-encoding", "connection", "upgrade", "keep-alive", "te" ->
          true;
      default -> false;
    };
  }
}
