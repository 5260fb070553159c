// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.api;

import static org.assertj.core.api.Assertions.assertThat;

import io.flotilla.telemetry.api.jaeger.JaegerProtobufCodec;
import io.flotilla.telemetry.api.jaeger.JaegerThriftCodec;
import io.flotilla.telemetry.api.jaeger.proto.Batch;
import io.flotilla.telemetry.api.otlp.Decoded;
import io.flotilla.telemetry.api.otlp.MalformedSpansException;
import io.flotilla.telemetry.api.otlp.OtlpCodec;
import io.flotilla.telemetry.api.otlp.SpanLimits;
import io.flotilla.telemetry.api.zipkin.ZipkinCodec;
import io.flotilla.telemetry.api.zipkin.ZipkinFormat;
import io.flotilla.telemetry.api.zipkin.ZipkinSpans;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.apache.thrift.TException;
import org.apache.thrift.protocol.TBinaryProtocol;
import org.apache.thrift.protocol.TCompactProtocol;
import org.apache.thrift.protocol.TField;
import org.apache.thrift.protocol.TList;
import org.apache.thrift.protocol.TMessage;
import org.apache.thrift.protocol.TMessageType;
import org.apache.thrift.protocol.TProtocol;
import org.apache.thrift.protocol.TStruct;
import org.apache.thrift.protocol.TType;
import org.apache.thrift.transport.TMemoryBuffer;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import zipkin2.codec.SpanBytesEncoder;

/**
 * Valid bodies of every form, then bytes turned, cut out, doubled and made huge: each is decoded or
 * refused by the one exception that receivers answer, soon, and without much memory.
 */
class HostileInputTest {
  private static final int ROUNDS = 1_500;
  private static final SpanLimits LIMITS = new SpanLimits(1_000, 32, 32, 32, 1_024, 8);

  /** One form: how it is decoded, and a body that is valid. */
  record Form(Decoder decoder, byte[] valid) {}

  interface Decoder {
    Decoded decode(byte[] body) throws MalformedSpansException;
  }

  private static Span span(long id, long parent) {
    return new Span(
        7,
        9,
        id,
        parent,
        "GET /cart",
        Span.Kind.SERVER,
        1_700_000_000_000_000_000L,
        1_700_000_000_005_000_000L,
        Map.of("http.status_code", 500L, "user", "ann", "ratio", 0.5, "ok", true),
        List.of(new Span.Event(1_700_000_000_001_000_000L, "retry", Map.of("attempt", 2L))),
        List.of(new Span.Link(1, 2, 3, Map.of())),
        Span.Status.ERROR,
        "broken",
        "a=b",
        Map.of("service.name", "shop", "pod", "p-1"),
        "scope");
  }

  static Stream<Named<Form>> forms() throws TException {
    List<Span> spans = List.of(span(1, 0), span(2, 1), span(3, 2));
    OtlpCodec otlp = new OtlpCodec(LIMITS);
    ZipkinCodec zipkin = new ZipkinCodec(LIMITS);
    JaegerThriftCodec thrift = new JaegerThriftCodec(LIMITS);
    JaegerProtobufCodec jaeger = new JaegerProtobufCodec(LIMITS);
    List<zipkin2.Span> ofZipkin = ZipkinSpans.of(spans);
    Batch.Builder batch = Batch.newBuilder();
    spans.forEach(span -> batch.addSpans(JaegerProtobufCodec.encode(span)));
    List<Named<Form>> forms = new ArrayList<>();
    forms.add(
        Named.of(
            "OTLP protobuf",
            new Form(otlp::decodeProtobuf, OtlpCodec.encode(spans).toByteArray())));
    forms.add(Named.of("OTLP JSON", new Form(otlp::decodeJson, OtlpCodec.encodeJson(spans))));
    forms.add(
        Named.of(
            "Jaeger protobuf",
            new Form(
                body -> {
                  try {
                    return jaeger.decode(Batch.parseFrom(body));
                  } catch (com.google.protobuf.InvalidProtocolBufferException e) {
                    // gRPC itself refuses what cannot be parsed.
                    throw new MalformedSpansException(e.getMessage());
                  }
                },
                batch.build().toByteArray())));
    for (ZipkinFormat format : ZipkinFormat.values()) {
      SpanBytesEncoder encoder =
          switch (format) {
            case JSON_V1 -> SpanBytesEncoder.JSON_V1;
            case THRIFT_V1 -> SpanBytesEncoder.THRIFT;
            case JSON_V2 -> SpanBytesEncoder.JSON_V2;
            case PROTOBUF_V2 -> SpanBytesEncoder.PROTO3;
          };
      forms.add(
          Named.of(
              "Zipkin " + format,
              new Form(body -> zipkin.decode(body, format), encoder.encodeList(ofZipkin))));
    }
    forms.add(Named.of("Jaeger Thrift", new Form(thrift::decodeBatch, thrift(false, false))));
    forms.add(
        Named.of(
            "Jaeger compact packet",
            new Form(body -> thrift.decodePacket(body, true), thrift(true, true))));
    forms.add(
        Named.of(
            "Jaeger binary packet",
            new Form(body -> thrift.decodePacket(body, false), thrift(false, true))));
    return forms.stream();
  }

  /** A batch with one span and one tag, written field by field. */
  private static byte[] thrift(boolean compact, boolean packet) throws TException {
    TMemoryBuffer buffer = new TMemoryBuffer(512);
    TProtocol out = compact ? new TCompactProtocol(buffer) : new TBinaryProtocol(buffer);
    if (packet) {
      out.writeMessageBegin(new TMessage("emitBatch", TMessageType.ONEWAY, 0));
      out.writeStructBegin(new TStruct("args"));
      out.writeFieldBegin(new TField("batch", TType.STRUCT, (short) 1));
    }
    out.writeStructBegin(new TStruct("Batch"));
    out.writeFieldBegin(new TField("process", TType.STRUCT, (short) 1));
    out.writeStructBegin(new TStruct("Process"));
    string(out, 1, "shop");
    out.writeFieldStop();
    out.writeStructEnd();
    out.writeFieldEnd();
    out.writeFieldBegin(new TField("spans", TType.LIST, (short) 2));
    out.writeListBegin(new TList(TType.STRUCT, 1));
    out.writeStructBegin(new TStruct("Span"));
    number(out, 1, 9);
    number(out, 2, 7);
    number(out, 3, 1);
    string(out, 5, "GET /cart");
    number(out, 8, 1_700_000_000_000_000L);
    number(out, 9, 5_000);
    out.writeFieldBegin(new TField("tags", TType.LIST, (short) 10));
    out.writeListBegin(new TList(TType.STRUCT, 1));
    out.writeStructBegin(new TStruct("Tag"));
    string(out, 1, "user");
    string(out, 3, "ann");
    out.writeFieldStop();
    out.writeStructEnd();
    out.writeListEnd();
    out.writeFieldEnd();
    out.writeFieldStop();
    out.writeStructEnd();
    out.writeListEnd();
    out.writeFieldEnd();
    out.writeFieldStop();
    out.writeStructEnd();
    if (packet) {
      out.writeFieldEnd();
      out.writeFieldStop();
      out.writeStructEnd();
      out.writeMessageEnd();
    }
    return Arrays.copyOf(buffer.getArray(), buffer.length());
  }

  private static void string(TProtocol out, int id, String text) throws TException {
    out.writeFieldBegin(new TField("", TType.STRING, (short) id));
    out.writeString(text);
    out.writeFieldEnd();
  }

  private static void number(TProtocol out, int id, long number) throws TException {
    out.writeFieldBegin(new TField("", TType.I64, (short) id));
    out.writeI64(number);
    out.writeFieldEnd();
  }

  @ParameterizedTest
  @MethodSource("forms")
  void isDecodedOrRefusedSoonAndWithoutMuchMemory(Form form) throws Exception {
    assertThat(form.decoder.decode(form.valid).spans()).as("the valid body").isNotEmpty();
    Random random = new Random(20_26);
    int refused = 0;
    long longest = 0;
    for (int round = 0; round < ROUNDS; round++) {
      byte[] body = mutated(form.valid, random);
      long began = System.nanoTime();
      try {
        Decoded decoded = form.decoder.decode(body);
        assertThat(decoded.spans().size()).isLessThanOrEqualTo(LIMITS.spans());
      } catch (MalformedSpansException e) {
        refused++;
        assertThat(e.getMessage()).isNotBlank();
      }
      longest = Math.max(longest, System.nanoTime() - began);
    }
    assertThat(refused).as("bodies that are refused").isPositive();
    assertThat(longest).as("the longest one, in nanoseconds").isLessThan(5_000_000_000L);
  }

  private static byte[] mutated(byte[] valid, Random random) {
    byte[] body = valid.clone();
    for (int changes = 1 + random.nextInt(4); changes > 0; changes--) {
      int at = body.length == 0 ? 0 : random.nextInt(body.length);
      switch (random.nextInt(6)) {
        case 0 -> {
          if (body.length > 0) {
            body[at] ^= (byte) (1 << random.nextInt(8));
          }
        }
        case 1 -> {
          if (body.length > 0) {
            body[at] = (byte) random.nextInt(256);
          }
        }
        case 2 -> body = Arrays.copyOf(body, at);
        case 3 -> {
          // A length that promises gigabytes.
          for (int i = at; i < Math.min(body.length, at + 4); i++) {
            body[i] = (byte) (i == at ? 0x7f : 0xff);
          }
        }
        case 4 -> {
          byte[] longer = Arrays.copyOf(body, body.length + body.length - at);
          System.arraycopy(body, at, longer, body.length, body.length - at);
          body = longer.length > 1 << 16 ? body : longer;
        }
        default -> {
          byte[] noise = new byte[random.nextInt(32)];
          random.nextBytes(noise);
          byte[] with = Arrays.copyOf(body, body.length + noise.length);
          System.arraycopy(noise, 0, with, body.length, noise.length);
          body = with;
        }
      }
    }
    return body;
  }
}
