// SPDX-License-Identifier: Apache-2.0
package io.flotilla.identity;

/** Quotes text from outside in a message: short, and without control characters. */
final class Excerpt {
  private static final int LONGEST = 120;

  private Excerpt() {}

  static String of(String text) {
    String shown = text.length() <= LONGEST ? text : text.substring(0, LONGEST) + "...";
    StringBuilder clean = new StringBuilder(shown.length());
    shown
        .codePoints()
        .forEach(c -> clean.appendCodePoint(Character.isISOControl(c) || c > 0xFFFF ? '?' : c));
    return clean.toString();
  }
}
