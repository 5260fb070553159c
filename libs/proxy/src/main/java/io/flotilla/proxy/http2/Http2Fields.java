// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.http2;

import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.util.AsciiString;
import java.util.Set;

/**
 * Whether a header of HTTP/2 means the same in every other version (RFC 9113, section 8.2): what
 * could be a line, or another header, once it is written as HTTP/1 is malformed.
 */
public final class Http2Fields {
  private static final char DELETE = 0x7f;
  private static final Set<AsciiString> OF_A_CONNECTION =
      Set.of(
          HttpHeaderNames.CONNECTION,
          AsciiString.cached("keep-alive"),
          AsciiString.cached("proxy-connection"),
          HttpHeaderNames.TRANSFER_ENCODING,
          HttpHeaderNames.UPGRADE);

  private Http2Fields() {}

  /** Whether it is a well-formed header, and none with a colon before its name. */
  public static boolean isField(AsciiString name, CharSequence value) {
    return isLowerToken(name)
        && !OF_A_CONNECTION.contains(name)
        && isValue(value)
        && (!name.contentEquals(HttpHeaderNames.TE) || value.toString().equals("trailers"));
  }

  private static boolean isLowerToken(AsciiString name) {
    for (int i = 0; i < name.length(); i++) {
      char c = name.charAt(i);
      boolean usual = c >= 'a' && c <= 'z' || c >= '0' && c <= '9' || c == '-';
      if (!usual && "!#$%&'*+.^_`|~".indexOf(c) < 0) {
        return false;
      }
    }
    return !name.isEmpty();
  }

  private static boolean isValue(CharSequence value) {
    int n = value.length();
    if (n > 0 && (isBlank(value.charAt(0)) || isBlank(value.charAt(n - 1)))) {
      return false;
    }
    for (int i = 0; i < n; i++) {
      char c = value.charAt(i);
      if (c < ' ' && c != '\t' || c == DELETE) {
        return false;
      }
    }
    return true;
  }

  private static boolean isBlank(char c) {
    return c == ' ' || c == '\t';
  }
}
