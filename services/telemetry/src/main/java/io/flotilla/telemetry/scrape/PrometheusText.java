// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.scrape;

import io.flotilla.telemetry.metric.Labels;
import io.flotilla.telemetry.metric.MetricWindow;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;

/**
 * Prometheus' text format 0.0.4 (Prometheus documentation, "Exposition formats"). Comments, types,
 * exemplars and time stamps are skipped: a sample counts at the moment of the scrape. As with
 * Prometheus, one wrong line makes the whole answer wrong.
 */
final class PrometheusText {
  private static final int LONGEST_LINE = 65_536;
  private static final int MOST_LABELS = 100;

  private PrometheusText() {}

  /** The answer is not in the format; the message names the line. */
  static final class MalformedException extends Exception {
    private static final long serialVersionUID = 1L;

    MalformedException(int line, String what) {
      super("line " + line + ": " + what);
    }
  }

  /**
   * The samples whose metric's name is wanted; {@link MetricWindow.Sample#text} is the series as it
   * is written.
   *
   * @param naming is asked for the labels of each series, and throws where they are malformed
   */
  static List<MetricWindow.Sample> parse(
      String text, Predicate<String> wanted, MetricWindow.Naming naming) throws MalformedException {
    List<MetricWindow.Sample> samples = new ArrayList<>();
    int line = 0;
    int at = 0;
    while (at < text.length()) {
      int end = text.indexOf('\n', at);
      if (end < 0) {
        end = text.length();
      }
      line++;
      if (end - at > LONGEST_LINE) {
        throw new MalformedException(line, "longer than " + LONGEST_LINE + " characters");
      }
      int from = skipBlanks(text, at, end);
      if (from < end && text.charAt(from) != '#') {
        parse(text, from, end, line, wanted, naming, samples);
      }
      at = end + 1;
    }
    return samples;
  }

  private static void parse(
      String text,
      int from,
      int lineEnd,
      int line,
      Predicate<String> wanted,
      MetricWindow.Naming naming,
      List<MetricWindow.Sample> into)
      throws MalformedException {
    int end = lineEnd > from && text.charAt(lineEnd - 1) == '\r' ? lineEnd - 1 : lineEnd;
    int nameEnd = from;
    while (nameEnd < end && isNameCharacter(text.charAt(nameEnd), nameEnd > from)) {
      nameEnd++;
    }
    if (nameEnd == from) {
      throw new MalformedException(line, "a metric's name is expected");
    }
    int seriesEnd = nameEnd;
    int next = skipBlanks(text, nameEnd, end);
    if (next < end && text.charAt(next) == '{') {
      seriesEnd = closingBrace(text, next, end, line) + 1;
    }
    int valueFrom = skipBlanks(text, seriesEnd, end);
    int valueEnd = valueFrom;
    while (valueEnd < end && text.charAt(valueEnd) != ' ' && text.charAt(valueEnd) != '\t') {
      valueEnd++;
    }
    double value = value(text.substring(valueFrom, valueEnd), line);
    if (wanted.test(text.substring(from, nameEnd))) {
      String series = text.substring(from, seriesEnd);
      try {
        naming.labels(series);
      } catch (IllegalArgumentException e) {
        throw new MalformedException(
            line, e.getMessage() == null ? "wrong labels" : e.getMessage());
      }
      into.add(new MetricWindow.Sample(series, value));
    }
  }

  private static int closingBrace(String text, int open, int end, int line)
      throws MalformedException {
    boolean quoted = false;
    for (int i = open + 1; i < end; i++) {
      char c = text.charAt(i);
      if (quoted && c == '\\') {
        i++;
      } else if (c == '"') {
        quoted = !quoted;
      } else if (c == '}' && !quoted) {
        return i;
      }
    }
    throw new MalformedException(line, "the labels do not end with }");
  }

  private static double value(String text, int line) throws MalformedException {
    try {
      return switch (text) {
        case "NaN" -> Double.NaN;
        case "+Inf", "Inf" -> Double.POSITIVE_INFINITY;
        case "-Inf" -> Double.NEGATIVE_INFINITY;
        default -> Double.parseDouble(text);
      };
    } catch (NumberFormatException e) {
      throw new MalformedException(
          line,
          "'" + (text.length() > 40 ? text.substring(0, 40) + "..." : text) + "' is no number");
    }
  }

  private static boolean isNameCharacter(char c, boolean further) {
    return c >= 'a' && c <= 'z'
        || c >= 'A' && c <= 'Z'
        || c == '_'
        || c == ':'
        || further && c >= '0' && c <= '9';
  }

  private static int skipBlanks(String text, int from, int end) {
    int at = from;
    while (at < end && (text.charAt(at) == ' ' || text.charAt(at) == '\t')) {
      at++;
    }
    return at;
  }

  /**
   * The labels of a series as it is written, and the target's own. Where both have one name, the
   * written one is kept as "exported_" and the name (Prometheus, honor_labels: false).
   *
   * @throws IllegalArgumentException if the labels are malformed
   */
  static Labels labels(String series, Map<String, String> ofTarget) {
    Map<String, String> labels = new TreeMap<>();
    int brace = series.indexOf('{');
    labels.put(Labels.NAME, (brace < 0 ? series : series.substring(0, brace)).strip());
    int at = brace < 0 ? series.length() : brace + 1;
    while (at < series.length()) {
      at = skip(series, at);
      if (at >= series.length() || series.charAt(at) == '}') {
        break;
      }
      int nameFrom = at;
      while (at < series.length()
          && isNameCharacter(series.charAt(at), at > nameFrom)
          && series.charAt(at) != ':') {
        at++;
      }
      String name = series.substring(nameFrom, at);
      at = skipBlanks(series, at, series.length());
      if (name.isEmpty() || at >= series.length() || series.charAt(at) != '=') {
        throw new IllegalArgumentException("label=\"value\" is expected");
      }
      at = skipBlanks(series, at + 1, series.length());
      if (at >= series.length() || series.charAt(at) != '"') {
        throw new IllegalArgumentException("the value of label '" + name + "' is not quoted");
      }
      StringBuilder value = new StringBuilder();
      at = unquote(series, at + 1, value);
      String kept = ofTarget.containsKey(name) ? "exported_" + name : name;
      if (labels.put(kept, value.toString()) != null) {
        throw new IllegalArgumentException("label '" + name + "' is given twice");
      }
      if (labels.size() > MOST_LABELS) {
        throw new IllegalArgumentException("more than " + MOST_LABELS + " labels");
      }
    }
    labels.putAll(ofTarget);
    labels.replaceAll((name, value) -> value.intern());
    return Labels.of(labels);
  }

  private static int skip(String series, int from) {
    int at = from;
    while (at < series.length()
        && (series.charAt(at) == ' ' || series.charAt(at) == '\t' || series.charAt(at) == ',')) {
      at++;
    }
    return at;
  }

  private static int unquote(String series, int from, StringBuilder into) {
    int at = from;
    while (at < series.length()) {
      char c = series.charAt(at++);
      if (c == '"') {
        return at;
      }
      if (c != '\\' || at >= series.length()) {
        into.append(c);
        continue;
      }
      char escaped = series.charAt(at++);
      switch (escaped) {
        case 'n' -> into.append('\n');
        case '\\', '"' -> into.append(escaped);
        default -> into.append('\\').append(escaped);
      }
    }
    throw new IllegalArgumentException("a label's value has no closing quote");
  }
}
