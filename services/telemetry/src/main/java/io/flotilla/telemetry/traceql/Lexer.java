// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.traceql;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Cuts a query into words. */
final class Lexer {
  private static final List<String> SIGNS =
      List.of(
          "!>>", "!<<", "&>>", "&<<", "&&", "||", "!=", "!~", "=~", ">=", "<=", ">>", "<<", "!>",
          "!<", "&>", "&<", "&~", "{", "}", "(", ")", "[", "]", ",", "|", "=", ">", "<", "~", "+",
          "-", "*", "/", "%", "^", "!");
  private static final Set<String> SCOPES =
      Set.of("span", "resource", "parent", "event", "link", "instrumentation");
  private static final Set<String> INTRINSIC_SCOPES =
      Set.of("span", "trace", "event", "link", "instrumentation");
  private static final Pattern NUMBER =
      Pattern.compile("(\\d+\\.?\\d*|\\.\\d+)((?:ns|us|µs|ms|s|m|h)?)");
  private static final Pattern UNIT = Pattern.compile("ns|us|µs|ms|s|m|h");

  private final String text;
  private final List<Token> tokens = new ArrayList<>();
  private int at;

  private Lexer(String text) {
    this.text = text;
  }

  static List<Token> tokens(String text) throws TraceQlException {
    Lexer lexer = new Lexer(text);
    lexer.run();
    return lexer.tokens;
  }

  private void add(Token.Kind kind, int from, Object value) {
    tokens.add(new Token(kind, text.substring(from, at), value, from));
  }

  private void run() throws TraceQlException {
    while (at < text.length()) {
      char c = text.charAt(at);
      if (Character.isWhitespace(c)) {
        at++;
      } else if (text.startsWith("//", at)) {
        int end = text.indexOf('\n', at);
        at = end < 0 ? text.length() : end;
      } else if (c == '"' || c == '`') {
        int from = at;
        add(Token.Kind.STRING, from, string());
      } else if (Character.isDigit(c)
          || (c == '.' && at + 1 < text.length() && Character.isDigit(text.charAt(at + 1)))) {
        number();
      } else if (c == '.') {
        int from = at++;
        add(Token.Kind.FIELD, from, attribute(from));
      } else if (Character.isLetter(c) || c == '_') {
        word();
      } else {
        sign();
      }
    }
    tokens.add(new Token(Token.Kind.END, "", "", at));
  }

  private void sign() throws TraceQlException {
    for (String sign : SIGNS) {
      if (text.startsWith(sign, at)) {
        int from = at;
        at += sign.length();
        add(Token.Kind.SIGN, from, sign);
        return;
      }
    }
    throw TraceQlException.at(text, at, "invalid char literal '" + text.charAt(at) + "'");
  }

  private void word() throws TraceQlException {
    int from = at;
    while (at < text.length()
        && (Character.isLetterOrDigit(text.charAt(at)) || text.charAt(at) == '_')) {
      at++;
    }
    String word = text.substring(from, at);
    char next = at < text.length() ? text.charAt(at) : ' ';
    if (next == ':' && INTRINSIC_SCOPES.contains(word)) {
      at++;
      int name = at;
      while (at < text.length() && Character.isLetterOrDigit(text.charAt(at))) {
        at++;
      }
      add(Token.Kind.FIELD, from, new Name(word, true, text.substring(name, at)));
    } else if (next == '.' && SCOPES.contains(word)) {
      at++;
      String scope = word;
      if (word.equals("parent")) {
        for (String inner : List.of("span", "resource")) {
          if (text.startsWith(inner + ".", at)) {
            scope = "parent." + inner;
            at += inner.length() + 1;
          }
        }
      }
      Name name = attribute(from);
      add(Token.Kind.FIELD, from, new Name(scope, false, name.name()));
    } else {
      add(Token.Kind.WORD, from, word);
    }
  }

  /**
   * What a field's text says.
   *
   * @param scope empty for {@code .a}
   * @param intrinsic after a colon
   */
  record Name(String scope, boolean intrinsic, String name) {}

  private Name attribute(int from) throws TraceQlException {
    StringBuilder name = new StringBuilder();
    while (at < text.length()) {
      char c = text.charAt(at);
      if (c == '"') {
        name.append(string());
      } else if (Character.isWhitespace(c) || "{}()=~!<>&|^,".indexOf(c) >= 0) {
        break;
      } else {
        name.append(c);
        at++;
      }
    }
    if (name.isEmpty()) {
      throw TraceQlException.at(text, from, "syntax error: unexpected END_ATTRIBUTE");
    }
    return new Name("", false, name.toString());
  }

  private String string() throws TraceQlException {
    int from = at;
    char quote = text.charAt(at++);
    StringBuilder content = new StringBuilder();
    while (at < text.length()) {
      char c = text.charAt(at++);
      if (c == quote) {
        return content.toString();
      }
      if (c == '\\' && quote == '"') {
        content.append(escape(from));
      } else if (c == '\n' && quote == '"') {
        break;
      } else {
        content.append(c);
      }
    }
    throw TraceQlException.at(text, from, "literal not terminated");
  }

  private char escape(int from) throws TraceQlException {
    char c = at < text.length() ? text.charAt(at++) : ' ';
    return switch (c) {
      case '"', '\\', '\'' -> c;
      case 'n' -> '\n';
      case 't' -> '\t';
      case 'r' -> '\r';
      default -> throw TraceQlException.at(text, from, "invalid char escape");
    };
  }

  private void number() throws TraceQlException {
    int from = at;
    Matcher matcher = NUMBER.matcher(text);
    matcher.region(at, text.length());
    double nanos = 0;
    boolean duration = false;
    while (matcher.lookingAt()) {
      String unit = matcher.group(2);
      if (unit.isEmpty()) {
        break;
      }
      duration = true;
      nanos += Double.parseDouble(matcher.group(1)) * DurationUnit.nanos(unit);
      at = matcher.end();
      matcher.region(at, text.length());
    }
    if (duration) {
      if (nanos > Long.MAX_VALUE) {
        throw TraceQlException.at(text, from, "the duration is too long");
      }
      add(Token.Kind.DURATION, from, Math.round(nanos));
      return;
    }
    String digits = matcher.group(1);
    at = from + digits.length();
    try {
      if (digits.contains(".")) {
        add(Token.Kind.FLOAT, from, Double.parseDouble(digits));
      } else {
        add(Token.Kind.INTEGER, from, Long.parseLong(digits));
      }
    } catch (NumberFormatException e) {
      throw TraceQlException.at(text, from, "the number is too large");
    }
    Matcher rest = UNIT.matcher(text).region(at, text.length());
    if (rest.lookingAt()) {
      throw TraceQlException.at(text, from, "the duration has a unit that is not known");
    }
  }
}
