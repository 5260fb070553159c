// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.api.otlp.internal;

import com.google.protobuf.ByteString;
import io.flotilla.telemetry.api.Span;
import io.flotilla.telemetry.api.otlp.SpanAssembly;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.ArrayValue;
import io.opentelemetry.proto.common.v1.InstrumentationScope;
import io.opentelemetry.proto.common.v1.KeyValue;
import io.opentelemetry.proto.resource.v1.Resource;
import io.opentelemetry.proto.trace.v1.ResourceSpans;
import io.opentelemetry.proto.trace.v1.ScopeSpans;
import io.opentelemetry.proto.trace.v1.Status;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Base64;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** Messages of opentelemetry-proto trace/v1 to spans and back. */
public final class OtlpProtobuf {
  private OtlpProtobuf() {}

  /** All spans of the request, in its order. */
  public static void decode(ExportTraceServiceRequest request, SpanAssembly into) {
    for (ResourceSpans resourceSpans : request.getResourceSpansList()) {
      Map<String, Object> resource =
          Map.copyOf(attributes(resourceSpans.getResource().getAttributesList(), into));
      for (ScopeSpans scopeSpans : resourceSpans.getScopeSpansList()) {
        String scope = into.text(scopeSpans.getScope().getName());
        for (io.opentelemetry.proto.trace.v1.Span span : scopeSpans.getSpansList()) {
          decode(span, resource, scope, into);
        }
      }
    }
  }

  private static void decode(
      io.opentelemetry.proto.trace.v1.Span span,
      Map<String, Object> resource,
      String scope,
      SpanAssembly into) {
    ByteString trace = span.getTraceId();
    long start = span.getStartTimeUnixNano();
    into.add(
        new Span(
            trace.size() == 16 ? longAt(trace, 0) : 0,
            trace.size() == 16 ? longAt(trace, 8) : 0,
            id(span.getSpanId()),
            id(span.getParentSpanId()),
            into.text(span.getName()),
            kind(span.getKindValue()),
            start,
            Math.max(start, span.getEndTimeUnixNano()),
            attributes(span.getAttributesList(), into),
            events(span.getEventsList(), into),
            links(span.getLinksList(), into),
            status(span.getStatus().getCodeValue()),
            into.text(span.getStatus().getMessage()),
            into.text(span.getTraceState()),
            resource,
            scope));
  }

  private static List<Span.Event> events(
      List<io.opentelemetry.proto.trace.v1.Span.Event> events, SpanAssembly into) {
    List<Span.Event> decoded = new ArrayList<>(Math.min(events.size(), into.limits().events()));
    for (io.opentelemetry.proto.trace.v1.Span.Event event : events) {
      if (decoded.size() == into.limits().events()) {
        into.trim();
        break;
      }
      decoded.add(
          new Span.Event(
              event.getTimeUnixNano(),
              into.text(event.getName()),
              attributes(event.getAttributesList(), into)));
    }
    return decoded;
  }

  private static List<Span.Link> links(
      List<io.opentelemetry.proto.trace.v1.Span.Link> links, SpanAssembly into) {
    List<Span.Link> decoded = new ArrayList<>(Math.min(links.size(), into.limits().links()));
    for (io.opentelemetry.proto.trace.v1.Span.Link link : links) {
      if (decoded.size() == into.limits().links()) {
        into.trim();
        break;
      }
      ByteString trace = link.getTraceId();
      if (trace.size() == 16) {
        decoded.add(
            new Span.Link(
                longAt(trace, 0),
                longAt(trace, 8),
                id(link.getSpanId()),
                attributes(link.getAttributesList(), into)));
      }
    }
    return decoded;
  }

  /** The kind of the wire's number; numbers not known yet are unspecified. */
  static Span.Kind kind(int number) {
    return switch (number) {
      case 1 -> Span.Kind.INTERNAL;
      case 2 -> Span.Kind.SERVER;
      case 3 -> Span.Kind.CLIENT;
      case 4 -> Span.Kind.PRODUCER;
      case 5 -> Span.Kind.CONSUMER;
      default -> Span.Kind.UNSPECIFIED;
    };
  }

  /** The status of the wire's number; numbers not known yet are unset. */
  static Span.Status status(int number) {
    return switch (number) {
      case 1 -> Span.Status.OK;
      case 2 -> Span.Status.ERROR;
      default -> Span.Status.UNSET;
    };
  }

  /** A mutable map of the pairs. */
  public static Map<String, Object> attributes(List<KeyValue> pairs, SpanAssembly into) {
    Map<String, Object> attributes = into.attributes();
    for (KeyValue pair : pairs) {
      into.put(attributes, pair.getKey(), value(pair.getValue(), into, 0));
    }
    return attributes;
  }

  /** One value at a depth of nesting; null: there is none. */
  public static @Nullable Object value(AnyValue value, SpanAssembly into, int depth) {
    return switch (value.getValueCase()) {
      case STRING_VALUE -> into.text(value.getStringValue());
      case BOOL_VALUE -> value.getBoolValue();
      case INT_VALUE -> value.getIntValue();
      case DOUBLE_VALUE -> value.getDoubleValue();
      case BYTES_VALUE ->
          into.text(Base64.getEncoder().encodeToString(value.getBytesValue().toByteArray()));
      case ARRAY_VALUE -> list(value.getArrayValue(), into, depth + 1);
      case KVLIST_VALUE -> {
        if (depth >= into.limits().depth()) {
          into.trim();
          yield null;
        }
        Map<String, Object> nested = new LinkedHashMap<>();
        for (KeyValue pair : value.getKvlistValue().getValuesList()) {
          into.put(nested, pair.getKey(), value(pair.getValue(), into, depth + 1));
        }
        yield into.text(OtlpJson.text(nested));
      }
      default -> null;
    };
  }

  private static @Nullable List<Object> list(ArrayValue values, SpanAssembly into, int depth) {
    if (depth > into.limits().depth()) {
      into.trim();
      return null;
    }
    List<Object> list = new ArrayList<>();
    for (AnyValue element : values.getValuesList()) {
      if (list.size() == into.limits().attributes()) {
        into.trim();
        break;
      }
      Object decoded = value(element, into, depth);
      if (decoded != null) {
        list.add(decoded);
      }
    }
    return List.copyOf(list);
  }

  private static long id(ByteString bytes) {
    return bytes.size() == 8 ? longAt(bytes, 0) : 0;
  }

  private static long longAt(ByteString bytes, int offset) {
    long value = 0;
    for (int i = 0; i < 8; i++) {
      value = value << 8 | bytes.byteAt(offset + i) & 0xff;
    }
    return value;
  }

  /** The spans, those of one resource and scope together. */
  public static ExportTraceServiceRequest encode(List<Span> spans) {
    Map<Map<String, Object>, Map<String, ScopeSpans.Builder>> grouped = new LinkedHashMap<>();
    for (Span span : spans) {
      grouped
          .computeIfAbsent(span.resource(), r -> new LinkedHashMap<>())
          .computeIfAbsent(
              span.scope(),
              scope ->
                  ScopeSpans.newBuilder()
                      .setScope(InstrumentationScope.newBuilder().setName(scope)))
          .addSpans(encode(span));
    }
    ExportTraceServiceRequest.Builder request = ExportTraceServiceRequest.newBuilder();
    grouped.forEach(
        (resource, scopes) -> {
          ResourceSpans.Builder resourceSpans = request.addResourceSpansBuilder();
          Resource.Builder encoded = Resource.newBuilder();
          resource.forEach((k, v) -> encoded.addAttributes(pair(k, v)));
          resourceSpans.setResource(encoded);
          scopes.values().forEach(resourceSpans::addScopeSpans);
        });
    return request.build();
  }

  private static io.opentelemetry.proto.trace.v1.Span encode(Span span) {
    io.opentelemetry.proto.trace.v1.Span.Builder encoded =
        io.opentelemetry.proto.trace.v1.Span.newBuilder()
            .setTraceId(traceId(span.traceIdHigh(), span.traceIdLow()))
            .setSpanId(spanId(span.spanId()))
            .setName(span.name())
            .setKindValue(span.kind().ordinal())
            .setStartTimeUnixNano(span.startEpochNanos())
            .setEndTimeUnixNano(span.endEpochNanos())
            .setTraceState(span.traceState());
    if (span.parentSpanId() != 0) {
      encoded.setParentSpanId(spanId(span.parentSpanId()));
    }
    if (span.status() != Span.Status.UNSET || !span.statusMessage().isEmpty()) {
      encoded.setStatus(
          Status.newBuilder()
              .setCodeValue(span.status().ordinal())
              .setMessage(span.statusMessage()));
    }
    span.attributes().forEach((k, v) -> encoded.addAttributes(pair(k, v)));
    for (Span.Event event : span.events()) {
      io.opentelemetry.proto.trace.v1.Span.Event.Builder builder =
          encoded.addEventsBuilder().setTimeUnixNano(event.epochNanos()).setName(event.name());
      event.attributes().forEach((k, v) -> builder.addAttributes(pair(k, v)));
    }
    for (Span.Link link : span.links()) {
      io.opentelemetry.proto.trace.v1.Span.Link.Builder builder =
          encoded
              .addLinksBuilder()
              .setTraceId(traceId(link.traceIdHigh(), link.traceIdLow()))
              .setSpanId(spanId(link.spanId()));
      link.attributes().forEach((k, v) -> builder.addAttributes(pair(k, v)));
    }
    return encoded.build();
  }

  private static KeyValue pair(String key, Object value) {
    return KeyValue.newBuilder().setKey(key).setValue(any(value)).build();
  }

  private static AnyValue any(Object value) {
    AnyValue.Builder any = AnyValue.newBuilder();
    switch (value) {
      case Long l -> any.setIntValue(l);
      case Integer i -> any.setIntValue(i);
      case Boolean b -> any.setBoolValue(b);
      case Double d -> any.setDoubleValue(d);
      case Float f -> any.setDoubleValue(f);
      case List<?> list -> {
        ArrayValue.Builder array = ArrayValue.newBuilder();
        for (Object element : list) {
          array.addValues(any(element));
        }
        any.setArrayValue(array);
      }
      default -> any.setStringValue(value.toString());
    }
    return any.build();
  }

  private static ByteString traceId(long high, long low) {
    return ByteString.copyFrom(ByteBuffer.allocate(16).putLong(high).putLong(low).flip());
  }

  private static ByteString spanId(long id) {
    return ByteString.copyFrom(ByteBuffer.allocate(8).putLong(id).flip());
  }
}
