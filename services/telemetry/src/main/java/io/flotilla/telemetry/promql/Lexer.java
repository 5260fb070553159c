// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.promql;

import java.util.ArrayList;
import java.util.List;

/** Cuts a query into tokens (Prometheus documentation, "Querying basics"). */
final class Lexer {
  private static final int LONGEST = 20_000;
  private static final List<String> SYMBOLS =
      List.of(
          "==", "!=", "<=", ">=", "=~", "!~", "(", ")", "{", "}", "[", "]", ",", "=", "<", ">", "+",
          "-", "*", "/", "%", "^", ":", "@");

  private final String text;
  private int at;

  private Lexer(String text) {
    this.text = text;
  }

  static List<Token> tokens(String query) throws PromQlException {
    if (query.length() > LONGEST) {
      throw PromQlException.badData("the query is longer than " + LONGEST + " characters");
    }
    Lexer lexer = new Lexer(query);
    List<Token> tokens = new ArrayList<>();
    Token token;
    do {
      token = lexer.next();
      tokens.add(token);
    } while (token.kind() != Token.Kind.END);
    return tokens;
  }

  private Token next() throws PromQlException {
    skip();
    int from = at;
    if (at >= text.length()) {
      return new Token(Token.Kind.END, "", from + 1);
    }
    char c = text.charAt(at);
    if (isLetter(c) || c == ':' && at + 1 < text.length() && isLetter(text.charAt(at + 1))) {
      while (at < text.length()
          && (isLetter(text.charAt(at)) || isDigit(text.charAt(at)) || text.charAt(at) == ':')) {
        at++;
      }
      return new Token(Token.Kind.IDENTIFIER, text.substring(from, at), from + 1);
    }
    if (isDigit(c) || c == '.' && at + 1 < text.length() && isDigit(text.charAt(at + 1))) {
      return number(from);
    }
    if (c == '"' || c == '\'' || c == '`') {
      return new Token(Token.Kind.STRING, string(c), from + 1);
    }
    for (String symbol : SYMBOLS) {
      if (text.startsWith(symbol, at)) {
        at += symbol.length();
        return new Token(Token.Kind.SYMBOL, symbol, from + 1);
      }
    }
    throw PromQlException.badData(
        "1:" + (from + 1) + ": parse error: unexpected character: '" + c + "'");
  }

  private void skip() {
    while (at < text.length()) {
      char c = text.charAt(at);
      if (c == '#') {
        while (at < text.length() && text.charAt(at) != '\n') {
          at++;
        }
      } else if (Character.isWhitespace(c)) {
        at++;
      } else {
        return;
      }
    }
  }

  private Token number(int from) throws PromQlException {
    while (at < text.length()) {
      char c = text.charAt(at);
      boolean exponent =
          (c == '+' || c == '-')
              && (text.charAt(at - 1) == 'e' || text.charAt(at - 1) == 'E')
              && !text.startsWith("0x", from);
      if (!isLetter(c) && !isDigit(c) && c != '.' && !exponent) {
        break;
      }
      at++;
    }
    String written = text.substring(from, at);
    boolean duration = Duration.looksLike(written);
    if (!duration) {
      parseNumber(written, from + 1);
    }
    return new Token(duration ? Token.Kind.DURATION : Token.Kind.NUMBER, written, from + 1);
  }

  /** A number as PromQL writes it. */
  static double parseNumber(String written, int position) throws PromQlException {
    try {
      return written.startsWith("0x") || written.startsWith("0X")
          ? Long.parseLong(written.substring(2), 16)
          : Double.parseDouble(written);
    } catch (NumberFormatException e) {
      throw PromQlException.badData(
          "1:" + position + ": parse error: bad number or duration syntax: \"" + written + "\"");
    }
  }

  private String string(char quote) throws PromQlException {
    int from = at++;
    StringBuilder value = new StringBuilder();
    while (at < text.length()) {
      char c = text.charAt(at++);
      if (c == quote) {
        return value.toString();
      }
      if (c == '\n' && quote != '`') {
        break;
      }
      if (c != '\\' || quote == '`') {
        value.append(c);
        continue;
      }
      if (at >= text.length()) {
        break;
      }
      char escaped = text.charAt(at++);
      switch (escaped) {
        case 'n' -> value.append('\n');
        case 't' -> value.append('\t');
        case 'r' -> value.append('\r');
        case '\\', '"', '\'', '`' -> value.append(escaped);
        default ->
            throw PromQlException.badData(
                "1:" + at + ": parse error: unknown escape sequence '\\" + escaped + "'");
      }
    }
    throw PromQlException.badData("1:" + (from + 1) + ": parse error: unterminated quoted string");
  }

  private static boolean isLetter(char c) {
    return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '_';
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  /** Durations as PromQL writes them: "1h30m". */
  static final class Duration {
    private static final java.util.regex.Pattern FORM =
        java.util.regex.Pattern.compile(
            "(?:(\\d{1,9})y)?(?:(\\d{1,9})w)?(?:(\\d{1,9})d)?(?:(\\d{1,9})h)?(?:(\\d{1,9})m)?(?:(\\d{1,9})s)?(?:(\\d{1,9})ms)?");
    private static final long[] MILLIS = {
      365L * 86_400_000, 7L * 86_400_000, 86_400_000, 3_600_000, 60_000, 1_000, 1
    };

    private Duration() {}

    static boolean looksLike(String text) {
      return !text.isEmpty()
          && isLetter(text.charAt(text.length() - 1))
          && FORM.matcher(text).matches();
    }

    static long millis(String text) throws PromQlException {
      java.util.regex.Matcher matcher = FORM.matcher(text);
      if (text.isEmpty() || !matcher.matches()) {
        throw PromQlException.badData("not a valid duration string: \"" + text + "\"");
      }
      long sum = 0;
      try {
        for (int i = 0; i < MILLIS.length; i++) {
          String digits = matcher.group(i + 1);
          if (digits != null) {
            sum = Math.addExact(sum, Math.multiplyExact(Long.parseLong(digits), MILLIS[i]));
          }
        }
      } catch (ArithmeticException e) {
        throw PromQlException.badData("duration out of range: \"" + text + "\"");
      }
      return sum;
    }
  }
}
