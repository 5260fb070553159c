// SPDX-License-Identifier: Apache-2.0
package io.flotilla.proxy.trace;

import io.netty.handler.codec.http.HttpHeaders;
import io.netty.util.AsciiString;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Optional;
import java.util.concurrent.ThreadLocalRandom;
import org.jspecify.annotations.Nullable;

/**
 * The trace that a request belongs to (W3C Trace Context; B3 propagation, single and multiple
 * headers).
 *
 * @param spanId the span that sent the request
 * @param sampled whether its spans are kept
 */
public record TraceContext(long traceIdHigh, long traceIdLow, long spanId, boolean sampled) {
  private static final AsciiString TRACEPARENT = AsciiString.cached("traceparent");
  private static final AsciiString B3 = AsciiString.cached("b3");
  private static final AsciiString B3_TRACE_ID = AsciiString.cached("x-b3-traceid");
  private static final int TRACEPARENT_LENGTH = 55;
  private static final String DIGITS = "0123456789abcdef";

  /** What the headers say; W3C first. */
  public static Optional<TraceContext> extract(HttpHeaders headers) {
    String w3c = headers.get(TRACEPARENT);
    if (w3c != null) {
      Optional<TraceContext> found = w3c(w3c);
      if (found.isPresent()) {
        return found;
      }
    }
    String single = headers.get(B3);
    if (single != null) {
      String[] parts = single.split("-");
      if (parts.length >= 2) {
        return b3(parts[0], parts[1], parts.length < 3 ? "1" : parts[2]);
      }
    }
    String trace = headers.get(B3_TRACE_ID);
    String span = headers.get("x-b3-spanid");
    if (trace != null && span != null) {
      String sampled = headers.get("x-b3-sampled");
      String flags = headers.get("x-b3-flags");
      return b3(trace, span, "1".equals(flags) ? "d" : sampled == null ? "1" : sampled);
    }
    return Optional.empty();
  }

  private static Optional<TraceContext> w3c(String value) {
    if (value.length() < 55
        || value.charAt(2) != '-'
        || value.charAt(35) != '-'
        || value.charAt(52) != '-'
        || value.startsWith("ff")) {
      return Optional.empty();
    }
    try {
      long high = hex(value, 3);
      long low = hex(value, 19);
      long span = hex(value, 36);
      int flags = HexFormat.fromHexDigits(value, 53, 55);
      return (high | low) == 0 || span == 0
          ? Optional.empty()
          : Optional.of(new TraceContext(high, low, span, (flags & 1) == 1));
    } catch (IllegalArgumentException malformed) {
      return Optional.empty();
    }
  }

  private static Optional<TraceContext> b3(String trace, String span, String sampled) {
    try {
      if (span.length() != 16 || (trace.length() != 16 && trace.length() != 32)) {
        return Optional.empty();
      }
      long high = trace.length() == 32 ? hex(trace, 0) : 0;
      long low = hex(trace, trace.length() - 16);
      return low == 0
          ? Optional.empty()
          : Optional.of(
              new TraceContext(
                  high,
                  low,
                  hex(span, 0),
                  sampled.equals("1") || sampled.equals("d") || sampled.equals("true")));
    } catch (IllegalArgumentException malformed) {
      return Optional.empty();
    }
  }

  private static long hex(String text, int from) {
    return HexFormat.fromHexDigitsToLong(text, from, from + 16);
  }

  /** A new span of the parent's trace, or of a new one. */
  public static TraceContext child(@Nullable TraceContext parent, boolean sampledIfNew) {
    ThreadLocalRandom random = ThreadLocalRandom.current();
    return parent == null
        ? new TraceContext(nonZero(random), nonZero(random), nonZero(random), sampledIfNew)
        : new TraceContext(parent.traceIdHigh, parent.traceIdLow, nonZero(random), parent.sampled);
  }

  private static long nonZero(ThreadLocalRandom random) {
    long value = random.nextLong();
    return value == 0 ? 1 : value;
  }

  private String traceparent() {
    byte[] text = new byte[TRACEPARENT_LENGTH];
    text[0] = '0';
    text[1] = '0';
    text[2] = '-';
    hex(text, 3, traceIdHigh);
    hex(text, 19, traceIdLow);
    text[35] = '-';
    hex(text, 36, spanId);
    text[52] = '-';
    text[53] = '0';
    text[54] = (byte) (sampled ? '1' : '0');
    return new String(text, StandardCharsets.ISO_8859_1);
  }

  private static void hex(byte[] to, int at, long value) {
    for (int i = 0; i < 16; i++) {
      to[at + i] = (byte) DIGITS.charAt((int) (value >>> (60 - 4 * i)) & 15);
    }
  }

  /** 32 hexadecimal digits. */
  public String traceIdHex() {
    return HexFormat.of().toHexDigits(traceIdHigh) + HexFormat.of().toHexDigits(traceIdLow);
  }

  /** 16 hexadecimal digits. */
  public String spanIdHex() {
    return HexFormat.of().toHexDigits(spanId);
  }

  /** Writes this context; B3 headers only if the request used B3. */
  public void inject(HttpHeaders headers) {
    headers.set(TRACEPARENT, traceparent());
    if (!headers.contains(B3) && !headers.contains(B3_TRACE_ID)) {
      return;
    }
    String trace = traceIdHex();
    String span = HexFormat.of().toHexDigits(spanId);
    if (headers.contains(B3)) {
      headers.set(B3, trace + "-" + span + (sampled ? "-1" : "-0"));
    }
    if (headers.contains(B3_TRACE_ID)) {
      headers.set(B3_TRACE_ID, trace);
      headers.set("x-b3-spanid", span);
      headers.set("x-b3-sampled", sampled ? "1" : "0");
      headers.remove("x-b3-parentspanid");
    }
  }
}
