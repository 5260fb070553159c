// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.log;

import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** A text with Envoy's command operators, parsed. An operator that is not known gives "-". */
public final class LogFormat {
  private static final DateTimeFormatter ISO =
      DateTimeFormatter.ofPattern("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'", Locale.ROOT)
          .withZone(ZoneOffset.UTC);

  /** Envoy's default for text logs, as Istio sets it. */
  public static final String ISTIO_DEFAULT =
      "[%START_TIME%] \"%REQ(:METHOD)% %REQ(X-ENVOY-ORIGINAL-PATH?:PATH)% %PROTOCOL%\""
          + " %RESPONSE_CODE% %RESPONSE_FLAGS% %RESPONSE_CODE_DETAILS%"
          + " %CONNECTION_TERMINATION_DETAILS% \"%UPSTREAM_TRANSPORT_FAILURE_REASON%\""
          + " %BYTES_RECEIVED% %BYTES_SENT% %DURATION% %RESP(X-ENVOY-UPSTREAM-SERVICE-TIME)%"
          + " \"%REQ(X-FORWARDED-FOR)%\" \"%REQ(USER-AGENT)%\" \"%REQ(X-REQUEST-ID)%\""
          + " \"%REQ(:AUTHORITY)%\" \"%UPSTREAM_HOST%\" %UPSTREAM_CLUSTER%"
          + " %UPSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_LOCAL_ADDRESS% %DOWNSTREAM_REMOTE_ADDRESS%"
          + " %REQUESTED_SERVER_NAME% %ROUTE_NAME%\n";

  private final List<Part> parts;

  private LogFormat(List<Part> parts) {
    this.parts = List.copyOf(parts);
  }

  /** A piece of the text: gives its value, null for "not known". */
  private interface Part {
    @Nullable Object of(LogSource source);
  }

  /** Parses a format; "%%" is a percent sign. */
  public static LogFormat parse(String format) {
    List<Part> parts = new ArrayList<>();
    StringBuilder literal = new StringBuilder();
    int at = 0;
    while (at < format.length()) {
      char c = format.charAt(at);
      int end = c == '%' ? endOf(format, at) : -1;
      if (end < 0) {
        literal.append(c);
        at++;
      } else if (end == at + 1) {
        literal.append('%');
        at += 2;
      } else {
        if (!literal.isEmpty()) {
          parts.add(text(literal.toString()));
          literal.setLength(0);
        }
        parts.add(operator(format.substring(at + 1, end)));
        at = end + 1;
      }
    }
    if (!literal.isEmpty()) {
      parts.add(text(literal.toString()));
    }
    return new LogFormat(parts);
  }

  private static int endOf(String format, int start) {
    int depth = 0;
    for (int i = start + 1; i < format.length(); i++) {
      char c = format.charAt(i);
      if (c == '(') {
        depth++;
      } else if (c == ')') {
        depth--;
      } else if (c == '%' && depth <= 0) {
        return i;
      }
    }
    return -1;
  }

  private static Part text(String literal) {
    return source -> literal;
  }

  private static Part operator(String written) {
    int open = written.indexOf('(');
    int close = written.lastIndexOf(')');
    String name = open < 0 ? written : written.substring(0, open);
    String argument = open < 0 || close < open ? "" : written.substring(open + 1, close);
    int limit = limit(open < 0 ? written : written.substring(Math.max(close, open)));
    if (open < 0 && name.indexOf(':') > 0) {
      name = name.substring(0, name.indexOf(':'));
    }
    return bounded(named(name, argument), limit);
  }

  private static int limit(String end) {
    int colon = end.lastIndexOf(':');
    try {
      return colon < 0 ? Integer.MAX_VALUE : Integer.parseInt(end.substring(colon + 1));
    } catch (NumberFormatException notALimit) {
      return Integer.MAX_VALUE;
    }
  }

  private static Part bounded(Part part, int limit) {
    if (limit == Integer.MAX_VALUE) {
      return part;
    }
    return source -> {
      Object value = part.of(source);
      return value instanceof String s && s.length() > limit ? s.substring(0, limit) : value;
    };
  }

  private static Part named(String name, String argument) {
    String lower = argument.toLowerCase(Locale.ROOT);
    int question = lower.indexOf('?');
    String first = question < 0 ? lower : lower.substring(0, question);
    String second = question < 0 ? "" : lower.substring(question + 1);
    return switch (name) {
      case "START_TIME" -> startTime(argument);
      case "REQ" ->
          s -> or(s.requestHeader(first), second.isEmpty() ? null : s.requestHeader(second));
      case "RESP" ->
          s -> or(s.responseHeader(first), second.isEmpty() ? null : s.responseHeader(second));
      case "TRAILER" -> s -> s.trailer(first);
      case "REQ_WITHOUT_QUERY" ->
          s ->
              withoutQuery(
                  or(s.requestHeader(first), second.isEmpty() ? null : s.requestHeader(second)));
      default -> argument.isEmpty() ? s -> s.value(name) : s -> null;
    };
  }

  private static Part startTime(String pattern) {
    return switch (pattern) {
      case "%s" -> s -> s.start().getEpochSecond();
      case "%s%3f" -> s -> s.start().toEpochMilli();
      default -> s -> ISO.format(s.start());
    };
  }

  private static @Nullable String or(@Nullable String a, @Nullable String b) {
    return a == null ? b : a;
  }

  private static @Nullable String withoutQuery(@Nullable String path) {
    int query = path == null ? -1 : path.indexOf('?');
    return path == null || query < 0 ? path : path.substring(0, query);
  }

  /** The text; what is not known is "-". */
  public String text(LogSource source) {
    StringBuilder out = new StringBuilder(256);
    for (Part part : parts) {
      Object value = part.of(source);
      out.append(value == null ? "-" : value);
    }
    return out.toString();
  }

  /** The text of a header: what is not known is left out. */
  public String header(LogSource source) {
    StringBuilder out = new StringBuilder(64);
    for (Part part : parts) {
      Object value = part.of(source);
      if (value != null) {
        out.append(value);
      }
    }
    return out.toString();
  }

  /** A JSON value: numbers stay numbers, a lone operator that is not known is null. */
  void json(LogSource source, StringBuilder out) {
    Object value = parts.size() == 1 ? parts.getFirst().of(source) : text(source);
    switch (value) {
      case null -> out.append("null");
      case Number n -> out.append(n);
      default -> quote(value.toString(), out);
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
        default -> {
          if (c < ' ') {
            out.append(String.format("\\u%04x", (int) c));
          } else {
            out.append(c);
          }
        }
      }
    }
    out.append('"');
  }
}
