// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.http;

import io.flotilla.proxy.http2.Http2Fields;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http2.Http2Headers;
import io.netty.util.AsciiString;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Whether headers of HTTP/2 are a message that every other version would read in the same way (RFC
 * 9113, sections 8.2 and 8.3). What could be a line, a header or a body of its own once it is
 * written as HTTP/1 is malformed.
 */
final class Http2HeadRules {
  private static final char DELETE = 0x7f;
  private static final List<AsciiString> PSEUDO =
      List.of(
          AsciiString.cached(":method"),
          AsciiString.cached(":scheme"),
          AsciiString.cached(":path"),
          AsciiString.cached(":authority"),
          AsciiString.cached(":protocol"));
  private static final Set<String> NOT_IN_TRAILERS =
      Set.of(
          "content-length",
          "host",
          "trailer",
          "te",
          "authorization",
          "content-encoding",
          "content-type",
          "content-range");

  private Http2HeadRules() {}

  /** The authority by :authority or, without one, by Host; null: there is none. */
  static @Nullable CharSequence authority(Http2Headers headers) {
    return headers.authority() == null ? headers.get("host") : headers.authority();
  }

  static boolean isRequest(Http2Headers headers) {
    boolean regular = false;
    int pseudo = 0;
    int lengths = 0;
    for (Map.Entry<CharSequence, CharSequence> each : headers) {
      AsciiString name = AsciiString.of(each.getKey());
      if (!name.isEmpty() && name.charAt(0) == ':') {
        int which = PSEUDO.indexOf(name);
        if (regular || which < 0 || (pseudo & 1 << which) != 0) {
          return false;
        }
        pseudo |= 1 << which;
        continue;
      }
      regular = true;
      if (name.contentEquals(HttpHeaderNames.CONTENT_LENGTH)
          && (++lengths > 1 || !isNumber(each.getValue()))) {
        return false;
      }
      if (!Http2Fields.isField(name, each.getValue())) {
        return false;
      }
    }
    return isTarget(headers) && isOneHost(headers);
  }

  private static boolean isTarget(Http2Headers headers) {
    String method = text(headers.method());
    String path = text(headers.path());
    String scheme = text(headers.scheme());
    String authority = text(headers.authority());
    if (method == null || !isToken(method)) {
      return false;
    }
    CharSequence protocol = headers.get(":protocol");
    if (method.equals("CONNECT") && protocol == null) {
      return path == null && scheme == null && authority != null && isAuthority(authority);
    }
    if (protocol != null && (!method.equals("CONNECT") || !isToken(protocol.toString()))) {
      return false;
    }
    return path != null
        && scheme != null
        && isScheme(scheme)
        && (path.startsWith("/") || (path.equals("*") && method.equals("OPTIONS")))
        && isVisible(path)
        && path.indexOf('#') < 0
        && (authority == null || isAuthority(authority));
  }

  private static boolean isOneHost(Http2Headers headers) {
    List<CharSequence> hosts = headers.getAll("host");
    if (hosts.isEmpty()) {
      return true;
    }
    String host = hosts.getFirst().toString();
    return hosts.size() == 1
        && isAuthority(host)
        && (headers.authority() == null || headers.authority().toString().equalsIgnoreCase(host));
  }

  static boolean areTrailers(Http2Headers headers) {
    for (Map.Entry<CharSequence, CharSequence> each : headers) {
      AsciiString name = AsciiString.of(each.getKey());
      if (NOT_IN_TRAILERS.contains(name.toString())
          || !Http2Fields.isField(name, each.getValue())) {
        return false;
      }
    }
    return true;
  }

  /** Of digits alone, and small enough to count with. */
  static boolean isNumber(CharSequence value) {
    int n = value.length();
    for (int i = 0; i < n; i++) {
      if (value.charAt(i) < '0' || value.charAt(i) > '9') {
        return false;
      }
    }
    return n > 0 && n <= 18;
  }

  /** A token (RFC 9110, section 5.6.2). */
  static boolean isToken(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      boolean letter = c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9';
      if (!letter && "!#$%&'*+-.^_`|~".indexOf(c) < 0) {
        return false;
      }
    }
    return !text.isEmpty();
  }

  /** A host and perhaps a port, without anything that could end it early. */
  static boolean isAuthority(String text) {
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      if (!isVisible(c) || "/?#@,\\".indexOf(c) >= 0) {
        return false;
      }
    }
    return true;
  }

  private static boolean isScheme(String text) {
    return text.equalsIgnoreCase("http") || text.equalsIgnoreCase("https");
  }

  /** ASCII without spaces and control characters. */
  static boolean isVisible(String text) {
    for (int i = 0; i < text.length(); i++) {
      if (!isVisible(text.charAt(i))) {
        return false;
      }
    }
    return true;
  }

  private static boolean isVisible(char c) {
    return c > ' ' && c < DELETE;
  }

  private static @Nullable String text(@Nullable CharSequence from) {
    return from == null ? null : from.toString();
  }
}
