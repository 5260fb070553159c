// SPDX-License-Identifier: Apache-2.0
package io.flotilla.conformance.envoy.differential;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.regex.Pattern;

/**
 * allowed-differences.txt: three lines an entry, "differs" an expression over "aspect: Envoy's ->
 * ours", "because" its reason, "such as" its smallest case.
 */
final class Allowed {
  private static final int MOST = 20;

  private final Map<String, Pattern> patterns = new LinkedHashMap<>();
  private final Set<String> used = new LinkedHashSet<>();

  static Allowed read() throws IOException {
    Allowed allowed = new Allowed();
    try (InputStream in = Allowed.class.getResourceAsStream("allowed-differences.txt")) {
      List<String> lines =
          new String(in.readAllBytes(), StandardCharsets.UTF_8)
              .lines()
              .filter(l -> !l.isBlank() && !l.startsWith("#"))
              .toList();
      for (int i = 0; i < lines.size(); i += 3) {
        String expression = after("differs ", lines.get(i));
        after("because ", lines.get(i + 1));
        after("such as ", lines.get(i + 2));
        allowed.patterns.put(expression, Pattern.compile(expression, Pattern.DOTALL));
      }
    }
    assertThat(allowed.patterns.size())
        .as("differences that are allowed")
        .isLessThanOrEqualTo(MOST);
    return allowed;
  }

  private static String after(String word, String line) {
    assertThat(line).startsWith(word);
    return line.substring(word.length());
  }

  /** The differences of a pair that no entry allows. */
  List<String> unexplained(Suite.Pair pair) {
    List<String> out = new ArrayList<>();
    for (String difference : pair.differences()) {
      boolean explained = false;
      for (Map.Entry<String, Pattern> each : patterns.entrySet()) {
        if (each.getValue().matcher(difference).matches()) {
          used.add(each.getKey());
          explained = true;
        }
      }
      if (!explained) {
        out.add(difference);
      }
    }
    return out;
  }

  /** Entries that nothing needed. */
  Set<String> unused() {
    Set<String> out = new LinkedHashSet<>(patterns.keySet());
    out.removeAll(used);
    return out;
  }
}
