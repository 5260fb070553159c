// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;

/**
 * One request of the corpus in {@code resources/smuggling}, whose files say their format.
 *
 * @param expected what the backend may see; empty: nothing
 * @param pending the request never ends, so that nobody answers it
 * @param lines with alternatives resolved, escapes not
 */
record SmugglingCase(
    String technique, int number, List<Seen> expected, boolean pending, List<String> lines) {

  /** A request as a backend read it. */
  record Seen(String method, String target, String host, String body) {
    /** Whether it is the one that a case names; no host there stands for any. */
    boolean fits(Seen actual) {
      return method.equals(actual.method)
          && target.equals(actual.target)
          && body.equals(actual.body)
          && (host.isEmpty() || host.equals(actual.host));
    }
  }

  static List<SmugglingCase> read(String file) {
    List<SmugglingCase> cases = new ArrayList<>();
    String technique = "";
    String expected = "";
    List<String> block = new ArrayList<>();
    for (String line : (text(file) + "\n== end | refused\n").split("\n", -1)) {
      if (line.startsWith("== ")) {
        add(cases, technique, expected, block);
        String[] head = line.substring(3).split(" \\| ");
        technique = head[0];
        expected = head[1];
        block.clear();
      } else if (!technique.isEmpty() && !line.startsWith("# ")) {
        block.add(line);
      }
    }
    return cases;
  }

  private static String text(String file) {
    try (InputStream in = SmugglingCase.class.getResourceAsStream("/smuggling/" + file)) {
      return new String(Objects.requireNonNull(in).readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static void add(
      List<SmugglingCase> cases, String technique, String expected, List<String> block) {
    if (technique.isEmpty()) {
      return;
    }
    // The empty line before the next case is not part of this one.
    List<String> lines = new ArrayList<>(block);
    if (!lines.isEmpty() && lines.getLast().isEmpty()) {
      lines.removeLast();
    }
    List<Seen> seen =
        expected.equals("refused") || expected.equals("pending")
            ? List.of()
            : Arrays.stream(expected.split(" \\+ ")).map(SmugglingCase::seen).toList();
    for (String one : expand(String.join("\n", lines))) {
      cases.add(
          new SmugglingCase(
              technique,
              cases.size() + 1,
              seen,
              expected.equals("pending"),
              List.of(one.split("\n", -1))));
    }
  }

  private static Seen seen(String text) {
    String[] words = text.split(" ", 3);
    String rest = words.length > 2 ? words[2] : "";
    boolean host = rest.startsWith("@");
    return new Seen(words[0], words[1], host ? rest.substring(1) : "", host ? "" : rest);
  }

  private static List<String> expand(String template) {
    int open = template.indexOf('{');
    if (open < 0) {
      return List.of(template);
    }
    int close = template.indexOf('}', open);
    List<String> all = new ArrayList<>();
    for (String choice : template.substring(open + 1, close).split("\\|\\|", -1)) {
      for (String rest : expand(template.substring(close + 1))) {
        all.add(template.substring(0, open) + choice + rest);
      }
    }
    return all;
  }

  private static String unescape(String line) {
    StringBuilder out = new StringBuilder();
    for (int i = 0; i < line.length(); i++) {
      char c = line.charAt(i);
      if (c != '\\' || i + 1 == line.length()) {
        out.append(c);
        continue;
      }
      char next = line.charAt(++i);
      switch (next) {
        case 'r' -> out.append('\r');
        case 'n' -> out.append('\n');
        case 't' -> out.append('\t');
        case 'x' -> {
          out.append((char) Integer.parseInt(line, i + 1, i + 3, 16));
          i += 2;
        }
        default -> out.append(next);
      }
    }
    return out.toString();
  }

  /** The lines as HTTP/1 sends them. */
  String bytes() {
    StringBuilder out = new StringBuilder();
    for (String line : lines) {
      boolean open = line.endsWith("\\");
      out.append(unescape(open ? line.substring(0, line.length() - 1) : line));
      out.append(open ? "" : "\r\n");
    }
    return out.toString();
  }

  /** A field of a header block. */
  record Field(String name, String value) {}

  /** The fields of the head, or those of the trailers. */
  List<Field> fields(boolean trailers) {
    int mark = lines.indexOf("--");
    int blank = lines.indexOf("");
    int end = blank >= 0 ? blank : lines.size();
    List<String> part =
        trailers
            ? mark < 0 ? List.of() : lines.subList(mark + 1, lines.size())
            : lines.subList(0, end);
    List<Field> fields = new ArrayList<>();
    for (String line : part) {
      for (String field : line.split("~")) {
        int colon = field.indexOf(": ", 1);
        fields.add(
            new Field(unescape(field.substring(0, colon)), unescape(field.substring(colon + 2))));
      }
    }
    return fields;
  }

  /** What comes between the head and the trailers. */
  String body() {
    int blank = lines.indexOf("");
    int mark = lines.indexOf("--");
    return blank < 0
        ? ""
        : unescape(String.join("\n", lines.subList(blank + 1, mark < 0 ? lines.size() : mark)));
  }

  @Override
  public String toString() {
    StringBuilder shown = new StringBuilder(technique + " " + number + ": ");
    for (char c : String.join("|", lines).toCharArray()) {
      shown.append(c >= ' ' && c < 0x7f ? String.valueOf(c) : "\\x%02x".formatted((int) c));
    }
    return shown.length() > 180 ? shown.substring(0, 180) : shown.toString();
  }
}
