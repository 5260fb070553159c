// SPDX-License-Identifier: Apache-2.0
package io.flotilla.rules;

import java.util.Optional;
import java.util.regex.Pattern;

/** The parts of a request target and its normal form. */
public final class Paths {
  private static final Pattern ESCAPED_SLASH = Pattern.compile("%2[Ff]");
  private static final Pattern ESCAPED_BACKSLASH = Pattern.compile("%5[Cc]");

  private Paths() {}

  /** Without query and fragment. */
  public static String withoutQuery(String path) {
    int end = queryStart(path);
    return end < 0 ? path : path.substring(0, end);
  }

  /** The query with its "?", or the empty string. */
  public static String query(String path) {
    int start = queryStart(path);
    return start < 0 ? "" : path.substring(start);
  }

  private static int queryStart(String path) {
    for (int i = 0; i < path.length(); i++) {
      char c = path.charAt(i);
      if (c == '?' || c == '#') {
        return i;
      }
    }
    return -1;
  }

  /**
   * The value of the first query parameter of that name; present without "=": the empty string.
   *
   * @param path with its query
   */
  public static Optional<String> queryParameter(String path, String name) {
    String query = query(path);
    int at = 1;
    while (at < query.length()) {
      int end = query.indexOf('&', at);
      if (end < 0) {
        end = query.length();
      }
      int equals = query.indexOf('=', at);
      int nameEnd = equals < 0 || equals > end ? end : equals;
      if (query.regionMatches(at, name, 0, name.length()) && nameEnd - at == name.length()) {
        return Optional.of(nameEnd == end ? "" : query.substring(nameEnd + 1, end));
      }
      at = end + 1;
    }
    return Optional.empty();
  }

  /**
   * RFC 3986 section 6: dot segments removed; percent-encoded unreserved characters decoded. A dot
   * segment stays one with parameters behind it ("..;x"), since there are servers that read it so.
   *
   * @return empty: the path leaves its root or holds a bad escape, and should be refused
   */
  public static Optional<String> normalize(String path) {
    String only = withoutQuery(path);
    if (only.indexOf("/.") < 0 && only.indexOf('%') < 0 && only.indexOf('\\') < 0) {
      return Optional.of(path);
    }
    StringBuilder decoded = new StringBuilder(only.length());
    for (int i = 0; i < only.length(); i++) {
      char c = only.charAt(i);
      if (c == '\\') {
        decoded.append('/');
      } else if (c == '%') {
        int high = i + 2 < only.length() ? Character.digit(only.charAt(i + 1), 16) : -1;
        int low = i + 2 < only.length() ? Character.digit(only.charAt(i + 2), 16) : -1;
        char value = (char) (high * 16 + low);
        if (high < 0 || low < 0 || value == 0) {
          return Optional.empty();
        }
        if (isUnreserved(value)) {
          decoded.append(value);
        } else {
          decoded.append(only, i, i + 3);
        }
        i += 2;
      } else {
        decoded.append(c);
      }
    }
    return withoutDots(decoded.toString()).map(p -> p + query(path));
  }

  private static Optional<String> withoutDots(String path) {
    StringBuilder out = new StringBuilder(path.length());
    int at = 0;
    while (at < path.length()) {
      int end = path.indexOf('/', at + 1);
      if (end < 0) {
        end = path.length();
      }
      String segment = withoutParameters(path.substring(at, end));
      boolean last = end == path.length();
      if (segment.equals("/.")) {
        if (last) {
          out.append('/');
        }
      } else if (segment.equals("/..")) {
        int parent = out.lastIndexOf("/");
        if (parent < 0) {
          return Optional.empty();
        }
        out.setLength(parent);
        if (last) {
          out.append('/');
        }
      } else {
        out.append(path, at, end);
      }
      at = end;
    }
    return Optional.of(out.isEmpty() ? "/" : out.toString());
  }

  private static String withoutParameters(String segment) {
    int end = segment.indexOf(';');
    return end < 0 ? segment : segment.substring(0, end);
  }

  private static boolean isUnreserved(char c) {
    return (c >= 'a' && c <= 'z')
        || (c >= 'A' && c <= 'Z')
        || (c >= '0' && c <= '9')
        || c == '-'
        || c == '.'
        || c == '_'
        || c == '~';
  }

  /** "%2F" and "%5C" become what they stand for; the query stays. */
  public static String unescapeSlashes(String path) {
    String only = withoutQuery(path);
    if (only.indexOf('%') < 0) {
      return path;
    }
    return ESCAPED_BACKSLASH.matcher(ESCAPED_SLASH.matcher(only).replaceAll("/")).replaceAll("\\\\")
        + query(path);
  }

  /** Runs of "/" become one; the query stays. */
  public static String mergeSlashes(String path) {
    if (!withoutQuery(path).contains("//")) {
      return path;
    }
    String only = withoutQuery(path);
    StringBuilder out = new StringBuilder(only.length());
    for (int i = 0; i < only.length(); i++) {
      char c = only.charAt(i);
      if (c != '/' || i == 0 || only.charAt(i - 1) != '/') {
        out.append(c);
      }
    }
    return out + query(path);
  }
}
