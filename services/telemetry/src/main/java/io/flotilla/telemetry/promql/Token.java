// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.promql;

/**
 * A piece of a query's text.
 *
 * @param text an identifier's name, a symbol, the number or the duration as written, or the
 *     unquoted string
 * @param at the character where it begins, from 1
 */
record Token(Kind kind, String text, int at) {
  enum Kind {
    IDENTIFIER,
    NUMBER,
    DURATION,
    STRING,
    SYMBOL,
    END
  }

  boolean is(String symbol) {
    return kind == Kind.SYMBOL && text.equals(symbol);
  }

  boolean isWord(String word) {
    return kind == Kind.IDENTIFIER && text.equalsIgnoreCase(word);
  }
}
