// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.api.jaeger.internal;

import com.google.protobuf.ByteString;
import com.google.protobuf.Duration;
import com.google.protobuf.Timestamp;
import io.flotilla.telemetry.api.Span;
import io.flotilla.telemetry.api.jaeger.JaegerJson;
import io.flotilla.telemetry.api.jaeger.SpanTags;
import io.flotilla.telemetry.api.jaeger.proto.Batch;
import io.flotilla.telemetry.api.jaeger.proto.KeyValue;
import io.flotilla.telemetry.api.jaeger.proto.Log;
import io.flotilla.telemetry.api.jaeger.proto.Process;
import io.flotilla.telemetry.api.jaeger.proto.SpanRef;
import io.flotilla.telemetry.api.jaeger.proto.SpanRefType;
import io.flotilla.telemetry.api.jaeger.proto.ValueType;
import io.flotilla.telemetry.api.otlp.SpanAssembly;
import java.nio.ByteBuffer;
import java.util.Base64;
import java.util.Map;

/** Messages of Jaeger's api_v2 to spans and back. */
public final class ProtobufBatch {
  private ProtobufBatch() {}

  /** All spans of the batch; a span without a process has the batch's. */
  public static void read(Batch batch, SpanAssembly into) {
    Map<String, Object> shared = resource(batch.getProcess(), into);
    for (io.flotilla.telemetry.api.jaeger.proto.Span span : batch.getSpansList()) {
      try {
        read(span, into).addWith(span.hasProcess() ? resource(span.getProcess(), into) : shared);
      } catch (ArithmeticException e) {
        into.refuse("a span has a time that is out of range");
      }
    }
  }

  private static JaegerSpan read(
      io.flotilla.telemetry.api.jaeger.proto.Span span, SpanAssembly into) {
    JaegerSpan read = new JaegerSpan(into);
    ByteString trace = span.getTraceId();
    read.traceIdHigh = traceHigh(trace);
    read.traceIdLow = traceLow(trace);
    read.spanId = id(span.getSpanId(), 0);
    read.name = into.text(span.getOperationName());
    read.start = nanos(span.getStartTime());
    read.duration =
        Math.addExact(
            Math.multiplyExact(span.getDuration().getSeconds(), 1_000_000_000L),
            span.getDuration().getNanos());
    for (SpanRef reference : span.getReferencesList()) {
      read.reference(
          reference.getRefType() == SpanRefType.CHILD_OF,
          traceHigh(reference.getTraceId()),
          traceLow(reference.getTraceId()),
          id(reference.getSpanId(), 0));
    }
    for (KeyValue tag : span.getTagsList()) {
      read.tag(into.text(tag.getKey()), value(tag, into));
    }
    for (Log log : span.getLogsList()) {
      Map<String, Object> fields = into.attributes();
      log.getFieldsList().forEach(f -> into.put(fields, f.getKey(), value(f, into)));
      read.log(nanos(log.getTimestamp()), fields);
    }
    return read;
  }

  private static Map<String, Object> resource(Process process, SpanAssembly into) {
    Map<String, Object> resource = into.attributes();
    if (!process.getServiceName().isEmpty()) {
      into.put(resource, "service.name", into.text(process.getServiceName()));
    }
    process.getTagsList().forEach(tag -> into.put(resource, tag.getKey(), value(tag, into)));
    return Map.copyOf(resource);
  }

  private static Object value(KeyValue tag, SpanAssembly into) {
    return switch (tag.getVType()) {
      case BOOL -> tag.getVBool();
      case INT64 -> tag.getVInt64();
      case FLOAT64 -> tag.getVFloat64();
      case BINARY -> into.text(Base64.getEncoder().encodeToString(tag.getVBinary().toByteArray()));
      default -> into.text(tag.getVStr());
    };
  }

  private static long nanos(Timestamp time) {
    return Math.addExact(
        Math.multiplyExact(time.getSeconds(), 1_000_000_000L), (long) time.getNanos());
  }

  private static long traceHigh(ByteString trace) {
    return trace.size() == 16 ? id(trace.substring(0, 8), 0) : 0;
  }

  private static long traceLow(ByteString trace) {
    return trace.size() == 16 ? id(trace, 8) : id(trace, 0);
  }

  private static long id(ByteString bytes, int offset) {
    return bytes.size() == offset + 8 ? bytes.asReadOnlyByteBuffer().getLong(offset) : 0;
  }

  /** The span with its process inside, as the query API streams it. */
  public static io.flotilla.telemetry.api.jaeger.proto.Span write(Span span) {
    var out =
        io.flotilla.telemetry.api.jaeger.proto.Span.newBuilder()
            .setTraceId(traceId(span.traceIdHigh(), span.traceIdLow()))
            .setSpanId(spanId(span.spanId()))
            .setOperationName(span.name())
            .setStartTime(timestamp(span.startEpochNanos()))
            .setDuration(duration(span.endEpochNanos() - span.startEpochNanos()))
            .setProcess(process(span.resource()));
    if (span.parentSpanId() != 0) {
      out.addReferences(
          SpanRef.newBuilder().setTraceId(out.getTraceId()).setSpanId(spanId(span.parentSpanId())));
    }
    for (Span.Link link : span.links()) {
      out.addReferences(
          SpanRef.newBuilder()
              .setTraceId(traceId(link.traceIdHigh(), link.traceIdLow()))
              .setSpanId(spanId(link.spanId()))
              .setRefType(SpanRefType.FOLLOWS_FROM));
    }
    sorted(span.attributes()).forEach(tag -> out.addTags(keyValue(tag.getKey(), tag.getValue())));
    SpanTags.ofFields(span, (key, value) -> out.addTags(keyValue(key, value)));
    for (Span.Event event : span.events()) {
      Log.Builder log = out.addLogsBuilder().setTimestamp(timestamp(event.epochNanos()));
      if (!event.name().isEmpty()) {
        log.addFields(keyValue("event", event.name()));
      }
      sorted(event.attributes())
          .forEach(tag -> log.addFields(keyValue(tag.getKey(), tag.getValue())));
    }
    return out.build();
  }

  private static Process process(Map<String, Object> resource) {
    Process.Builder process =
        Process.newBuilder()
            .setServiceName(
                resource.get("service.name") instanceof String s ? s : "unknown_service");
    sorted(resource)
        .filter(tag -> !tag.getKey().equals("service.name"))
        .forEach(tag -> process.addTags(keyValue(tag.getKey(), tag.getValue())));
    return process.build();
  }

  private static java.util.stream.Stream<Map.Entry<String, Object>> sorted(
      Map<String, Object> attributes) {
    return attributes.entrySet().stream().sorted(Map.Entry.comparingByKey());
  }

  private static KeyValue keyValue(String key, Object value) {
    KeyValue.Builder tag = KeyValue.newBuilder().setKey(key);
    switch (value) {
      case Boolean b -> tag.setVType(ValueType.BOOL).setVBool(b);
      case Long l -> tag.setVType(ValueType.INT64).setVInt64(l);
      case Double d -> tag.setVType(ValueType.FLOAT64).setVFloat64(d);
      default -> tag.setVStr(JaegerJson.text(value));
    }
    return tag.build();
  }

  private static Timestamp timestamp(long nanos) {
    return Timestamp.newBuilder()
        .setSeconds(Math.floorDiv(nanos, 1_000_000_000L))
        .setNanos((int) Math.floorMod(nanos, 1_000_000_000L))
        .build();
  }

  private static Duration duration(long nanos) {
    return Duration.newBuilder()
        .setSeconds(nanos / 1_000_000_000L)
        .setNanos((int) (nanos % 1_000_000_000L))
        .build();
  }

  private static ByteString traceId(long high, long low) {
    return ByteString.copyFrom(ByteBuffer.allocate(16).putLong(high).putLong(low).flip());
  }

  private static ByteString spanId(long id) {
    return ByteString.copyFrom(ByteBuffer.allocate(8).putLong(id).flip());
  }
}
