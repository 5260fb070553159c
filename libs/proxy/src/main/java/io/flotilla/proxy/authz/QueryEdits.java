// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.authz;

import java.util.ArrayList;
import java.util.List;

/** Sets and removes parameters of a query; what is not named stays as it was sent. */
final class QueryEdits {
  private QueryEdits() {}

  static String apply(String target, List<Verdict.Parameter> set, List<String> removed) {
    int mark = target.indexOf('?');
    String path = mark < 0 ? target : target.substring(0, mark);
    List<String> parts = new ArrayList<>();
    if (mark >= 0 && mark + 1 < target.length()) {
      parts.addAll(List.of(target.substring(mark + 1).split("&", -1)));
    }
    for (Verdict.Parameter each : set) {
      String written = each.name() + "=" + each.value();
      int at = indexOf(parts, each.name());
      if (at < 0) {
        parts.add(written);
      } else {
        parts.set(at, written);
        for (int other = indexOf(parts.subList(at + 1, parts.size()), each.name());
            other >= 0;
            other = indexOf(parts.subList(at + 1, parts.size()), each.name())) {
          parts.remove(at + 1 + other);
        }
      }
    }
    for (String name : removed) {
      parts.removeIf(part -> name(part).equals(name));
    }
    return parts.isEmpty() ? path : path + "?" + String.join("&", parts);
  }

  private static int indexOf(List<String> parts, String name) {
    for (int i = 0; i < parts.size(); i++) {
      if (name(parts.get(i)).equals(name)) {
        return i;
      }
    }
    return -1;
  }

  private static String name(String part) {
    int end = part.indexOf('=');
    return end < 0 ? part : part.substring(0, end);
  }

  /** Whether it can be written as it is. */
  static boolean isValid(String part) {
    return part.chars().allMatch(c -> c > ' ' && c < 0x7F && c != '#' && c != '&');
  }
}
