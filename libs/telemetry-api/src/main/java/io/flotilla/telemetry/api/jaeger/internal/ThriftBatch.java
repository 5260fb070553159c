// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.api.jaeger.internal;

import io.flotilla.telemetry.api.otlp.SpanAssembly;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Base64;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.apache.thrift.TException;
import org.apache.thrift.protocol.TField;
import org.apache.thrift.protocol.TProtocol;
import org.apache.thrift.protocol.TProtocolException;
import org.apache.thrift.protocol.TProtocolUtil;
import org.apache.thrift.protocol.TType;
import org.jspecify.annotations.Nullable;

/**
 * The struct Batch of Jaeger's Thrift definition (jaeger-idl, thrift/jaeger.thrift): a process and
 * its spans, with times in microseconds. Fields that are not known are passed over.
 */
public final class ThriftBatch {
  private static final int SKIPPED_DEPTH = 16;

  private final TProtocol in;
  private final SpanAssembly into;
  private final List<JaegerSpan> spans = new ArrayList<>();
  private Map<String, Object> resource = new HashMap<>();

  private ThriftBatch(TProtocol in, SpanAssembly into) {
    this.in = in;
    this.into = into;
  }

  /** Reads one batch; its spans are added to the assembly. */
  public static void read(TProtocol in, SpanAssembly into) throws TException {
    ThriftBatch batch = new ThriftBatch(in, into);
    batch.struct(
        field -> {
          switch (field.id) {
            case 1 -> batch.process();
            case 2 -> batch.list(TType.STRUCT, batch::span);
            default -> batch.skip(field);
          }
        });
    Map<String, Object> resource = Map.copyOf(batch.resource);
    batch.spans.forEach(span -> span.addWith(resource));
  }

  /** Reads what comes next. */
  @FunctionalInterface
  public interface Part {
    /** One element. */
    void read() throws TException;
  }

  /** Reads one field of a struct. */
  @FunctionalInterface
  public interface FieldReader {
    /** The value after this header. */
    void read(TField field) throws TException;
  }

  private void struct(FieldReader reader) throws TException {
    in.readStructBegin();
    for (TField field = in.readFieldBegin();
        field.type != TType.STOP;
        field = in.readFieldBegin()) {
      reader.read(field);
      in.readFieldEnd();
    }
    in.readStructEnd();
  }

  private void list(byte type, Part element) throws TException {
    var list = in.readListBegin();
    if (list.size > 0 && list.elemType != type) {
      throw new TProtocolException("a list has elements of another type than Jaeger's");
    }
    for (int i = 0; i < list.size; i++) {
      element.read();
    }
    in.readListEnd();
  }

  private void skip(TField field) throws TException {
    TProtocolUtil.skip(in, field.type, SKIPPED_DEPTH);
  }

  private long number(TField field) throws TException {
    return switch (field.type) {
      case TType.I64 -> in.readI64();
      case TType.I32 -> in.readI32();
      default -> throw new TProtocolException("field " + field.id + " is no number");
    };
  }

  private String string(TField field) throws TException {
    if (field.type != TType.STRING) {
      throw new TProtocolException("field " + field.id + " is no string");
    }
    return into.text(in.readString());
  }

  private void process() throws TException {
    resource = into.attributes();
    struct(
        field -> {
          switch (field.id) {
            case 1 -> into.put(resource, "service.name", string(field));
            case 2 -> list(TType.STRUCT, () -> tag((k, v) -> into.put(resource, k, v)));
            default -> skip(field);
          }
        });
  }

  private void span() throws TException {
    JaegerSpan span = new JaegerSpan(into);
    struct(
        field -> {
          switch (field.id) {
            case 1 -> span.traceIdLow = number(field);
            case 2 -> span.traceIdHigh = number(field);
            case 3 -> span.spanId = number(field);
            case 4 -> span.parentSpanId = number(field);
            case 5 -> span.name = string(field);
            case 6 -> list(TType.STRUCT, () -> reference(span));
            case 8 -> span.start = nanos(number(field));
            case 9 -> span.duration = nanos(number(field));
            case 10 -> list(TType.STRUCT, () -> tag(span::tag));
            case 11 -> list(TType.STRUCT, () -> log(span));
            default -> skip(field);
          }
        });
    if (spans.size() >= into.limits().spans()) {
      into.refuse("more than " + into.limits().spans() + " spans in one batch; send smaller ones");
    } else {
      spans.add(span);
    }
  }

  private static long nanos(long micros) throws TException {
    try {
      return Math.multiplyExact(micros, 1_000L);
    } catch (ArithmeticException e) {
      throw new TProtocolException("a time is out of range: " + micros + " microseconds");
    }
  }

  private void reference(JaegerSpan span) throws TException {
    long[] of = new long[5];
    struct(
        field -> {
          if (field.id >= 1 && field.id <= 4) {
            of[field.id] = number(field);
          } else {
            skip(field);
          }
        });
    span.reference(of[1] == 0, of[3], of[2], of[4]);
  }

  private void log(JaegerSpan span) throws TException {
    long[] time = new long[1];
    Map<String, Object> fields = into.attributes();
    struct(
        field -> {
          switch (field.id) {
            case 1 -> time[0] = nanos(number(field));
            case 2 -> list(TType.STRUCT, () -> tag((k, v) -> into.put(fields, k, v)));
            default -> skip(field);
          }
        });
    span.log(time[0], fields);
  }

  private interface Taker {
    void take(String key, Object value);
  }

  private static final class Tag {
    String key = "";
    int type;
    @Nullable Object value;
  }

  private void tag(Taker taker) throws TException {
    Tag tag = new Tag();
    struct(
        field -> {
          switch (field.id) {
            case 1 -> tag.key = string(field);
            case 2 -> tag.type = (int) number(field);
            case 3 -> value(tag, 0, string(field));
            case 4 -> value(tag, 1, typed(field, TType.DOUBLE).readDouble());
            case 5 -> value(tag, 2, typed(field, TType.BOOL).readBool());
            case 6 -> value(tag, 3, number(field));
            case 7 -> value(tag, 4, base64(typed(field, TType.STRING).readBinary()));
            default -> skip(field);
          }
        });
    if (tag.value != null) {
      taker.take(tag.key, tag.value);
    }
  }

  private TProtocol typed(TField field, byte type) throws TProtocolException {
    if (field.type != type) {
      throw new TProtocolException("field " + field.id + " of a tag has a wrong type");
    }
    return in;
  }

  /** Peers may write all values; the one that the type names counts. */
  private static void value(Tag tag, int type, Object value) {
    if (tag.type == type || tag.value == null) {
      tag.value = value;
    }
  }

  private String base64(ByteBuffer bytes) {
    byte[] copy = new byte[bytes.remaining()];
    bytes.get(copy);
    return into.text(Base64.getEncoder().encodeToString(copy));
  }
}
