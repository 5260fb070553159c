// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.log;

import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Writes values as JSON. */
final class JsonText {
  private static final String HEX = "0123456789abcdef";
  private static final double LARGEST_EXACT = 1L << 53;

  private JsonText() {}

  static void value(@Nullable Object value, StringBuilder out) {
    switch (value) {
      case null -> out.append("null");
      case Boolean b -> out.append(b);
      case Double d -> number(d, out);
      case Number n -> out.append(n);
      case Map<?, ?> map -> {
        char before = '{';
        for (Map.Entry<?, ?> each : map.entrySet()) {
          out.append(before);
          quote(String.valueOf(each.getKey()), out);
          out.append(':');
          value(each.getValue(), out);
          before = ',';
        }
        out.append(before == '{' ? "{}" : "}");
      }
      case Iterable<?> list -> {
        char before = '[';
        for (Object each : list) {
          out.append(before);
          value(each, out);
          before = ',';
        }
        out.append(before == '[' ? "[]" : "]");
      }
      default -> quote(value.toString(), out);
    }
  }

  static void number(double number, StringBuilder out) {
    if (number == Math.rint(number) && Math.abs(number) <= LARGEST_EXACT) {
      out.append((long) number);
    } else if (Double.isFinite(number)) {
      out.append(number);
    } else {
      out.append("null");
    }
  }

  static void quote(String text, StringBuilder out) {
    out.append('"');
    for (int i = 0; i < text.length(); i++) {
      char c = text.charAt(i);
      switch (c) {
        case '"' -> out.append("\\\"");
        case '\\' -> out.append("\\\\");
        case '\n' -> out.append("\\n");
        case '\r' -> out.append("\\r");
        case '\t' -> out.append("\\t");
        case '\b' -> out.append("\\b");
        case '\f' -> out.append("\\f");
        default -> {
          if (c < ' ') {
            out.append("\\u00").append(HEX.charAt(c >> 4)).append(HEX.charAt(c & 15));
          } else {
            out.append(c);
          }
        }
      }
    }
    out.append('"');
  }
}
