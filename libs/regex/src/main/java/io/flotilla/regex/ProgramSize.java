// SPDX-License-Identifier: Apache-2.0
package io.flotilla.regex;

import com.google.re2j.Pattern;

/**
 * What the program of an expression costs: one for each instruction that reads a character, six for
 * each that reads none, since RE2/J follows chains of those by recursion when it matches, and a
 * thread's stack is shorter than memory. Never less than what RE2/J compiles. One walk over the
 * characters with a stack of open groups; what is no valid expression gets some size, and is
 * RE2/J's to refuse.
 */
record ProgramSize(long steps, int depth, boolean endless) {
  /** A long expression by hand has some hundreds. */
  static final int LARGEST = 10_000;

  /** RE2/J parses and compiles by recursion. */
  static final int DEEPEST = 100;

  private static final int IDLE = 6;

  // RE2/J looks for all cases of a character by going from case to case until it is back. From
  // these, which are younger than its tables, there is no way back, and it never stops.
  private static final int FIRST_ENDLESS = 0x1c80;
  private static final int LAST_ENDLESS = 0x1c88;
  // It folds the ranges of a class one character at a time, and above there are many.
  private static final int WIDE = 100;

  // Far above the limit, and its square is far below overflow.
  private static final long HUGE = 1_000_000_000;

  private static final Pattern IGNORES_CASE = Pattern.compile("\\(\\?[A-Za-z-]*i");

  static ProgramSize of(String regex, boolean caseInsensitive) {
    return new Walk(regex, caseInsensitive || IGNORES_CASE.matcher(regex).find()).run();
  }

  private static final class Walk {
    private final String regex;
    private final long[] outer = new long[DEEPEST + 1];
    private int depth;
    // Of the open group, and of the part of it that a repeat would repeat.
    private long sum;
    private long last;
    private int at;
    private final boolean folds;
    private boolean endless;

    Walk(String regex, boolean folds) {
      this.regex = regex;
      this.folds = folds;
    }

    ProgramSize run() {
      while (at < regex.length()) {
        char c = regex.charAt(at);
        switch (c) {
          case '(' -> {
            int flags = endOfFlags();
            if (flags > 0) {
              at = flags;
              continue;
            }
            if (depth == DEEPEST) {
              return new ProgramSize(HUGE, DEEPEST + 1, endless);
            }
            outer[depth++] = sum + last;
            sum = 0;
            last = 0;
            at++;
          }
          case ')' -> {
            long group = Math.min(sum + last, HUGE) + 2 * IDLE;
            at++;
            if (depth == 0) {
              // Unmatched, so RE2/J refuses the whole.
              sum = group;
            } else {
              sum = outer[--depth];
            }
            last = group;
          }
          case '|' -> {
            flush();
            sum += IDLE;
            at++;
          }
          case '[' -> {
            atom(1);
            skipClass();
          }
          case '\\' -> escape();
          case '*', '+', '?' -> {
            last += IDLE;
            at++;
          }
          case '^', '$' -> {
            atom(IDLE);
            at++;
          }
          case '{' -> repeat();
          default -> {
            atom(1);
            literal(c);
            at++;
          }
        }
      }
      flush();
      return new ProgramSize(Math.max(sum, 1) + 2, depth, endless);
    }

    /** After "(?i)" and the like, else 0: a repeat behind it repeats what stands before it. */
    private int endOfFlags() {
      int end = at + 1;
      if (end >= regex.length() || regex.charAt(end) != '?') {
        return 0;
      }
      do {
        end++;
      } while (end < regex.length()
          && (Character.isLetter(regex.charAt(end)) || regex.charAt(end) == '-'));
      return end < regex.length() && regex.charAt(end) == ')' ? end + 1 : 0;
    }

    private void skipClass() {
      at++;
      if (at < regex.length() && regex.charAt(at) == '^') {
        at++;
      }
      int above = 0;
      boolean below = false;
      boolean range = true;
      for (boolean first = true; at < regex.length(); first = false) {
        int c = regex.codePointAt(at);
        if (c == ']' && !first) {
          at++;
          break;
        }
        int named = regex.startsWith("[:", at) ? regex.indexOf(":]", at + 2) : -1;
        if (named >= 0) {
          at = named + 2;
          continue;
        }
        if (c == '-' && !range) {
          range = true;
          at++;
          continue;
        }
        range = false;
        if (c == '\\') {
          c = escaped();
        } else {
          at += Character.charCount(c);
        }
        above += c >= FIRST_ENDLESS ? 1 : 0;
        below |= c >= 0 && c <= LAST_ENDLESS;
      }
      if (folds) {
        endless |= below && above > 0;
        sum += (long) above * WIDE;
      }
    }

    private void literal(int c) {
      endless |= folds && c >= FIRST_ENDLESS && c <= LAST_ENDLESS;
    }

    /**
     * Goes behind an escape; the character that it stands for, -1 if for a class, and the letter
     * itself for the escapes that name something below U+0200.
     */
    private int escaped() {
      int c = at + 1 < regex.length() ? regex.charAt(at + 1) : 'z';
      at += 2;
      if (c != 'p' && c != 'P' && c != 'x') {
        return "dDsSwW".indexOf(c) >= 0 ? -1 : c;
      }
      int end = regex.startsWith("{", at) ? regex.indexOf('}', at) : -1;
      if (end < 0) {
        at += c == 'x' ? 0 : 1;
        return c == 'x' ? c : -1;
      }
      int from = at + 1;
      at = end + 1;
      return c == 'x' ? hexadecimal(from, end) : -1;
    }

    private int hexadecimal(int from, int to) {
      int number = 0;
      for (int i = from; i < to; i++) {
        int digit = Character.digit(regex.charAt(i), 16);
        if (digit < 0 || number > Character.MAX_CODE_POINT) {
          return -1;
        }
        number = number * 16 + digit;
      }
      return number;
    }

    private void escape() {
      char c = at + 1 < regex.length() ? regex.charAt(at + 1) : 'z';
      if (c == 'Q') {
        int end = regex.indexOf("\\E", at + 2);
        int quoted = (end < 0 ? regex.length() : end) - at - 2;
        // Nothing quoted: a repeat behind it repeats what stands before it.
        if (quoted > 0) {
          regex.substring(at + 2, at + 2 + quoted).chars().forEach(this::literal);
          flush();
          sum += quoted - 1;
          last = 1;
        }
        at = end < 0 ? regex.length() : end + 2;
        return;
      }
      atom("bBAz".indexOf(c) >= 0 ? IDLE : 1);
      literal(escaped());
    }

    /** "{n}", "{n,}" or "{n,m}"; any other brace is a character. */
    private void repeat() {
      int from = at + 1;
      int comma = digits(from);
      boolean open = comma > from && comma < regex.length() && regex.charAt(comma) == ',';
      int end = open ? digits(comma + 1) : comma;
      if (comma == from || end >= regex.length() || regex.charAt(end) != '}') {
        atom(1);
        at++;
        return;
      }
      long min = number(from, comma);
      long max = open && end > comma + 1 ? number(comma + 1, end) : min;
      long copies = Math.max(Math.max(min, max), 1);
      // Each copy that may be absent has one instruction more, but only the first comes before a
      // character is read; the loop of "{n,}" is one more too.
      last = Math.min(Math.max(last, 1) * copies + (open ? IDLE + copies : 0), HUGE);
      at = end + 1;
    }

    private int digits(int from) {
      int end = from;
      while (end < regex.length() && regex.charAt(end) >= '0' && regex.charAt(end) <= '9') {
        end++;
      }
      return end;
    }

    private long number(int from, int to) {
      return to - from > 9 ? HUGE : Long.parseLong(regex, from, to, 10);
    }

    private void atom(long size) {
      flush();
      last = size;
    }

    private void flush() {
      sum = Math.min(sum + last, HUGE);
      last = 0;
    }
  }
}
