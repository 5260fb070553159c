// SPDX-License-Identifier: Apache-2.0
package io.flotilla.api.internal;

import java.util.Collection;
import java.util.Locale;
import java.util.Optional;

/** Finds the known name that somebody probably meant. */
public final class NearName {
  private static final int LONGEST = 64;

  private NearName() {}

  /** ": did you mean 'x'?", or nothing if no name is near. */
  public static String hint(String name, Collection<String> known) {
    return find(name, known).map(near -> "; did you mean '" + near + "'?").orElse("");
  }

  /** The nearest name, if it is near enough to be meant. */
  public static Optional<String> find(String name, Collection<String> known) {
    if (name.length() > LONGEST) {
      return Optional.empty();
    }
    String plain = plain(name);
    String best = null;
    int least = Math.max(1, plain.length() / 3) + 1;
    for (String candidate : known) {
      int distance = distance(plain, plain(candidate));
      if (distance < least) {
        least = distance;
        best = candidate;
      }
    }
    return Optional.ofNullable(best);
  }

  private static String plain(String name) {
    return name.replace("_", "").replace("-", "").toLowerCase(Locale.ROOT);
  }

  /** Edits (insert, delete, replace, swap neighbours) between two short names. */
  private static int distance(String a, String b) {
    int[][] edits = new int[a.length() + 1][b.length() + 1];
    for (int i = 0; i <= a.length(); i++) {
      for (int j = 0; j <= b.length(); j++) {
        if (i == 0 || j == 0) {
          edits[i][j] = i + j;
          continue;
        }
        int cost = a.charAt(i - 1) == b.charAt(j - 1) ? 0 : 1;
        int least = Math.min(edits[i - 1][j] + 1, edits[i][j - 1] + 1);
        least = Math.min(least, edits[i - 1][j - 1] + cost);
        if (i > 1
            && j > 1
            && a.charAt(i - 1) == b.charAt(j - 2)
            && a.charAt(i - 2) == b.charAt(j - 1)) {
          least = Math.min(least, edits[i - 2][j - 2] + 1);
        }
        edits[i][j] = least;
      }
    }
    return edits[a.length()][b.length()];
  }
}
