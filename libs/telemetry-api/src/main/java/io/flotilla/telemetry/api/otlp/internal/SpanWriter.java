// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.api.otlp.internal;

import io.flotilla.telemetry.api.Span;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Writes an ExportTraceServiceRequest (opentelemetry-proto, collector/trace/v1) as bytes. A proxy
 * sends a span a request, and building messages for it, and measuring each before it is written, is
 * most of what that costs: this writes from the end to the front, so that the length of a part is
 * known when it is due.
 */
public final class SpanWriter {
  private static final int VARINT = 0;
  private static final int FIXED64 = 1;
  private static final int LENGTH = 2;
  private static final int A_SPAN = 1024;

  private byte[] bytes;
  // What is written lies from here to the end; where a part ends is told from there, since it
  // grows.
  private int at;

  private SpanWriter(int capacity) {
    bytes = new byte[capacity];
    at = capacity;
  }

  /** The request. */
  public static byte[] write(List<Span> spans) {
    Map<Map<String, Object>, Map<String, List<Span>>> grouped = new LinkedHashMap<>();
    for (Span span : spans) {
      grouped
          .computeIfAbsent(span.resource(), r -> new LinkedHashMap<>())
          .computeIfAbsent(span.scope(), s -> new ArrayList<>())
          .add(span);
    }
    SpanWriter out = new SpanWriter(spans.size() * A_SPAN + A_SPAN);
    for (var resource : List.copyOf(grouped.entrySet()).reversed()) {
      out.resourceSpans(resource.getKey(), resource.getValue());
    }
    return Arrays.copyOfRange(out.bytes, out.at, out.bytes.length);
  }

  private void resourceSpans(Map<String, Object> resource, Map<String, List<Span>> scopes) {
    int end = written();
    for (var scope : List.copyOf(scopes.entrySet()).reversed()) {
      int scopeEnd = written();
      for (Span span : scope.getValue().reversed()) {
        span(span);
      }
      int nameEnd = written();
      text(1, scope.getKey());
      part(1, nameEnd);
      part(2, scopeEnd);
    }
    int resourceEnd = written();
    attributes(1, resource);
    part(1, resourceEnd);
    part(1, end);
  }

  private void span(Span span) {
    int end = written();
    if (span.status() != Span.Status.UNSET || !span.statusMessage().isEmpty()) {
      int statusEnd = written();
      number(3, span.status().ordinal());
      text(2, span.statusMessage());
      part(15, statusEnd);
    }
    for (Span.Link link : span.links().reversed()) {
      int linkEnd = written();
      attributes(4, link.attributes());
      id(2, link.spanId());
      traceId(link.traceIdHigh(), link.traceIdLow());
      part(13, linkEnd);
    }
    for (Span.Event event : span.events().reversed()) {
      int eventEnd = written();
      attributes(3, event.attributes());
      text(2, event.name());
      fixed(1, event.epochNanos());
      part(11, eventEnd);
    }
    attributes(9, span.attributes());
    fixed(8, span.endEpochNanos());
    fixed(7, span.startEpochNanos());
    number(6, span.kind().ordinal());
    text(5, span.name());
    if (span.parentSpanId() != 0) {
      id(4, span.parentSpanId());
    }
    text(3, span.traceState());
    id(2, span.spanId());
    traceId(span.traceIdHigh(), span.traceIdLow());
    part(2, end);
  }

  private void attributes(int field, Map<String, Object> all) {
    all.forEach(
        (key, value) -> {
          int end = written();
          any(value);
          part(2, end);
          text(1, key);
          part(field, end);
        });
  }

  // The content of an AnyValue; one of its fields, also where that is zero or empty.
  private void any(Object value) {
    switch (value) {
      case Long l -> always(3, l);
      case Integer i -> always(3, i);
      case Boolean b -> always(2, b ? 1 : 0);
      case Double d -> always(4, d);
      case Float f -> always(4, (double) f);
      case List<?> list -> {
        int end = written();
        for (Object element : list.reversed()) {
          int elementEnd = written();
          any(element);
          part(1, elementEnd);
        }
        part(5, end);
      }
      default -> {
        int end = written();
        utf8(value.toString());
        part(1, end);
      }
    }
  }

  private void always(int field, long value) {
    varint(value);
    varint(field << 3 | VARINT);
  }

  private void always(int field, double value) {
    bits(Double.doubleToRawLongBits(value));
    varint(field << 3 | FIXED64);
  }

  private void number(int field, int value) {
    if (value != 0) {
      always(field, (long) value);
    }
  }

  private void fixed(int field, long value) {
    if (value != 0) {
      bits(value);
      varint(field << 3 | FIXED64);
    }
  }

  private void text(int field, String value) {
    if (!value.isEmpty()) {
      int end = written();
      utf8(value);
      part(field, end);
    }
  }

  private void traceId(long high, long low) {
    int end = written();
    bigEndian(low);
    bigEndian(high);
    part(1, end);
  }

  private void id(int field, long id) {
    int end = written();
    bigEndian(id);
    part(field, end);
  }

  /** Puts the header before what was written since. */
  private void part(int field, int end) {
    varint(written() - end);
    varint(field << 3 | LENGTH);
  }

  // ---- bytes, each before the last ----

  private int written() {
    return bytes.length - at;
  }

  private void varint(long value) {
    int n = Math.max(1, (70 - Long.numberOfLeadingZeros(value)) / 7);
    room(n);
    at -= n;
    long rest = value;
    for (int i = 0; i < n; i++) {
      bytes[at + i] = (byte) (i == n - 1 ? rest & 0x7f : rest & 0x7f | 0x80);
      rest >>>= 7;
    }
  }

  private void bits(long value) {
    bigEndian(Long.reverseBytes(value));
  }

  private void bigEndian(long value) {
    room(Long.BYTES);
    at -= Long.BYTES;
    for (int i = 0; i < Long.BYTES; i++) {
      bytes[at + i] = (byte) (value >>> (56 - 8 * i));
    }
  }

  private void utf8(String value) {
    int n = value.length();
    room(n);
    for (int i = 0; i < n; i++) {
      char c = value.charAt(i);
      if (c >= 0x80) {
        raw(value.getBytes(StandardCharsets.UTF_8));
        return;
      }
      bytes[at - n + i] = (byte) c;
    }
    at -= n;
  }

  private void raw(byte[] value) {
    room(value.length);
    at -= value.length;
    System.arraycopy(value, 0, bytes, at, value.length);
  }

  private void room(int n) {
    if (at < n) {
      int written = written();
      byte[] larger = new byte[Math.max(bytes.length * 2, written + n)];
      System.arraycopy(bytes, at, larger, larger.length - written, written);
      at = larger.length - written;
      bytes = larger;
    }
  }
}
