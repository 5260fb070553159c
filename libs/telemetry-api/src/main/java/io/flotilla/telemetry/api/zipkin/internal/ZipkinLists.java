// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.api.zipkin.internal;

import io.flotilla.telemetry.api.Span;
import io.flotilla.telemetry.api.otlp.MalformedSpansException;
import io.flotilla.telemetry.api.otlp.SpanAssembly;
import io.flotilla.telemetry.api.zipkin.ZipkinFormat;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import zipkin2.Annotation;
import zipkin2.Endpoint;
import zipkin2.codec.SpanBytesDecoder;

/** The forms that Zipkin's own library reads: all but v2 JSON. Times are microseconds. */
public final class ZipkinLists {
  private static final long SHARED_SPAN_MARK = 0x5a49504b494e5632L;

  private ZipkinLists() {}

  /** An id of its own for a server span that has its caller's. */
  public static long idOfShared(long id) {
    return Long.rotateLeft(id, 32) ^ SHARED_SPAN_MARK;
  }

  /**
   * Adds the spans of a body.
   *
   * @throws MalformedSpansException if the body is no list of this form
   */
  public static void read(byte[] body, ZipkinFormat format, SpanAssembly into)
      throws MalformedSpansException {
    if (format == ZipkinFormat.THRIFT_V1) {
      ThriftShape.check(body);
    }
    List<zipkin2.Span> spans;
    try {
      spans = decoder(format).decodeList(body);
    } catch (RuntimeException e) {
      String why = e.getMessage() == null ? e.getClass().getSimpleName() : e.getMessage();
      throw new MalformedSpansException(
          "The body is not a list of Zipkin spans in "
              + format
              + ": "
              + (why.length() <= 200 ? why : why.substring(0, 200) + "..."));
    }
    for (zipkin2.Span span : spans) {
      add(span, into);
    }
  }

  private static SpanBytesDecoder decoder(ZipkinFormat format) {
    return switch (format) {
      case JSON_V1 -> SpanBytesDecoder.JSON_V1;
      case THRIFT_V1 -> SpanBytesDecoder.THRIFT;
      case JSON_V2 -> SpanBytesDecoder.JSON_V2;
      case PROTOBUF_V2 -> SpanBytesDecoder.PROTO3;
    };
  }

  private static void add(zipkin2.Span span, SpanAssembly into) {
    try {
      String trace = span.traceId();
      int split = trace.length() - 16;
      long id = hex(span.id());
      long parent = span.parentId() == null ? 0 : hex(span.parentId());
      if (Boolean.TRUE.equals(span.shared()) && id != 0) {
        parent = id;
        id = idOfShared(id);
      }
      long start = nanos(span.timestampAsLong());
      Map<String, Object> attributes = into.attributes();
      span.tags().forEach((key, value) -> into.put(attributes, key, into.text(value)));
      Endpoint remote = span.remoteEndpoint();
      if (remote != null) {
        peer(attributes, "peer.service", remote.serviceName(), into);
        peer(attributes, "network.peer.address", remote.ipv4(), into);
        peer(attributes, "network.peer.address", remote.ipv6(), into);
        if (remote.portAsInt() > 0) {
          into.put(attributes, "network.peer.port", (long) remote.portAsInt());
        }
      }
      Map<String, Object> resource = new HashMap<>();
      Endpoint local = span.localEndpoint();
      if (local != null) {
        peer(resource, "service.name", local.serviceName(), into);
        peer(resource, "host.ip", local.ipv4(), into);
        peer(resource, "host.ip", local.ipv6(), into);
        if (local.portAsInt() > 0) {
          into.put(resource, "network.local.port", (long) local.portAsInt());
        }
      }
      if (Boolean.TRUE.equals(span.debug())) {
        into.put(attributes, "zipkin.debug", true);
      }
      String error = span.tags().get("error");
      into.add(
          new Span(
              split <= 0 ? 0 : hex(trace.substring(0, split)),
              hex(split <= 0 ? trace : trace.substring(split)),
              id,
              parent,
              into.text(span.name()),
              span.kind() == null ? Span.Kind.UNSPECIFIED : Span.Kind.valueOf(span.kind().name()),
              start,
              Math.addExact(start, nanos(span.durationAsLong())),
              attributes,
              events(span.annotations(), into),
              List.of(),
              error == null ? Span.Status.UNSET : Span.Status.ERROR,
              into.text(error),
              "",
              resource,
              ""));
    } catch (ArithmeticException e) {
      into.refuse("a span has a time that is out of range");
    }
  }

  private static List<Span.Event> events(List<Annotation> annotations, SpanAssembly into) {
    List<Span.Event> events = new ArrayList<>();
    for (Annotation annotation : annotations) {
      if (events.size() == into.limits().events()) {
        into.trim();
        break;
      }
      events.add(
          new Span.Event(nanos(annotation.timestamp()), into.text(annotation.value()), Map.of()));
    }
    return events;
  }

  private static void peer(
      Map<String, Object> attributes, String key, @Nullable String value, SpanAssembly into) {
    if (value != null && !value.isEmpty()) {
      into.put(attributes, key, into.text(value));
    }
  }

  private static long nanos(long micros) {
    return Math.multiplyExact(micros, 1_000L);
  }

  private static long hex(String digits) {
    return Long.parseUnsignedLong(digits, 16);
  }
}
