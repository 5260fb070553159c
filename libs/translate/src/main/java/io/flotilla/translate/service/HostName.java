// SPDX-License-Identifier: Apache-2.0
package io.flotilla.translate.service;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** Host names of configuration: short names, wildcards, and which is the more specific. */
public final class HostName {
  private HostName() {}

  /** A short name within {@code namespace} as a full one; others as they are, in lower case. */
  public static String qualify(String host, String namespace, String domain) {
    String lower = host.toLowerCase(Locale.ROOT);
    if (lower.isEmpty() || lower.indexOf('.') >= 0 || lower.startsWith("*")) {
      return lower;
    }
    return lower + "." + namespace + ".svc." + domain;
  }

  /** Whether it is "*" or "*.suffix". */
  public static boolean isWildcard(String host) {
    return host.startsWith("*");
  }

  /** Whether every name that {@code inner} stands for is among those of {@code outer}. */
  public static boolean covers(String outer, String inner) {
    if (!isWildcard(outer)) {
      return outer.equals(inner);
    }
    String suffix = outer.substring(1);
    String name = isWildcard(inner) ? inner.substring(1) : inner;
    return name.endsWith(suffix)
        && (isWildcard(inner) || name.length() > suffix.length() || suffix.isEmpty());
  }

  /** Whether the two share a name. */
  public static boolean overlap(String a, String b) {
    return covers(a, b) || covers(b, a);
  }

  /** The narrower of two that overlap. */
  public static String narrower(String a, String b) {
    return covers(a, b) ? b : a;
  }

  /** What {@code host} may be declared as, the most specific first: itself, "*.rest", "*". */
  public static List<String> candidates(String host) {
    List<String> out = new ArrayList<>();
    out.add(host);
    String rest = isWildcard(host) ? host.substring(1) : host;
    for (int dot = rest.indexOf('.', isWildcard(host) ? 1 : 0);
        dot >= 0;
        dot = rest.indexOf('.', dot + 1)) {
      out.add("*" + rest.substring(dot));
    }
    if (!out.contains("*")) {
      out.add("*");
    }
    return out;
  }
}
