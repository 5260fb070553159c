// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.log;

import java.time.Instant;
import java.time.ZoneId;
import java.time.ZoneOffset;
import java.time.ZonedDateTime;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.function.BiConsumer;

/**
 * How a time is written: strftime's conversions, and Envoy's %s (seconds since 1970), %f and %1f to
 * %9f (digits of the second's fraction). Without any, ISO 8601 with milliseconds.
 */
final class TimeFormat {
  private static final DateTimeFormatter ISO =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);
  private static final DateTimeFormatter ISO_LOCAL =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSSXXX", Locale.ROOT);

  private final List<BiConsumer<ZonedDateTime, StringBuilder>> parts = new ArrayList<>();
  private final ZoneId zone;
  private final boolean plain;

  TimeFormat(String pattern, boolean local) {
    zone = local ? ZoneId.systemDefault() : ZoneOffset.UTC;
    plain = pattern.isEmpty();
    int at = 0;
    while (at < pattern.length()) {
      char c = pattern.charAt(at);
      if (c == '%' && at + 1 < pattern.length()) {
        at = conversion(pattern, at + 1);
      } else {
        parts.add((t, out) -> out.append(c));
        at++;
      }
    }
  }

  String of(Instant time) {
    if (plain) {
      return zone == ZoneOffset.UTC ? ISO.format(time) : ISO_LOCAL.format(time.atZone(zone));
    }
    ZonedDateTime there = time.atZone(zone);
    StringBuilder out = new StringBuilder(32);
    for (BiConsumer<ZonedDateTime, StringBuilder> part : parts) {
      part.accept(there, out);
    }
    return out.toString();
  }

  private int conversion(String pattern, int at) {
    char c = pattern.charAt(at);
    if (c >= '1' && c <= '9' && at + 1 < pattern.length() && pattern.charAt(at + 1) == 'f') {
      fraction(c - '0');
      return at + 2;
    }
    switch (c) {
      case 'f' -> fraction(9);
      case 's' -> parts.add((t, out) -> out.append(t.toEpochSecond()));
      case '%' -> parts.add((t, out) -> out.append('%'));
      case 'n' -> parts.add((t, out) -> out.append('\n'));
      case 't' -> parts.add((t, out) -> out.append('\t'));
      case 'e' -> parts.add((t, out) -> out.append(String.format("%2d", t.getDayOfMonth())));
      case 'u' -> parts.add((t, out) -> out.append(t.getDayOfWeek().getValue()));
      case 'w' -> parts.add((t, out) -> out.append(t.getDayOfWeek().getValue() % 7));
      case 'C' -> parts.add((t, out) -> out.append(t.getYear() / 100));
      default -> {
        String java = java(c);
        if (java.isEmpty()) {
          parts.add((t, out) -> out.append('%').append(c));
        } else {
          DateTimeFormatter formatter = DateTimeFormatter.ofPattern(java, Locale.ENGLISH);
          parts.add((t, out) -> formatter.formatTo(t, out));
        }
      }
    }
    return at + 1;
  }

  private void fraction(int digits) {
    parts.add((t, out) -> out.append(String.format("%09d", t.getNano()), 0, digits));
  }

  private static String java(char conversion) {
    return switch (conversion) {
      case 'Y', 'G' -> "yyyy";
      case 'y', 'g' -> "yy";
      case 'm' -> "MM";
      case 'd' -> "dd";
      case 'H' -> "HH";
      case 'I' -> "hh";
      case 'M' -> "mm";
      case 'S' -> "ss";
      case 'p' -> "a";
      case 'j' -> "DDD";
      case 'a' -> "EEE";
      case 'A' -> "EEEE";
      case 'b', 'h' -> "MMM";
      case 'B' -> "MMMM";
      case 'D', 'x' -> "MM/dd/yy";
      case 'F' -> "yyyy-MM-dd";
      case 'T', 'X' -> "HH:mm:ss";
      case 'R' -> "HH:mm";
      case 'r' -> "hh:mm:ss a";
      case 'z' -> "xx";
      case 'Z' -> "zzz";
      case 'c' -> "EEE MMM d HH:mm:ss yyyy";
      default -> "";
    };
  }
}
