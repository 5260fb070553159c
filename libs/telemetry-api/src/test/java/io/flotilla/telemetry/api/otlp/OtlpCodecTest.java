// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.api.otlp;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.telemetry.api.Span;
import io.flotilla.telemetry.api.SpanFixture;
import io.flotilla.telemetry.api.otlp.internal.SpanWriter;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import io.opentelemetry.proto.common.v1.AnyValue;
import io.opentelemetry.proto.common.v1.ArrayValue;
import io.opentelemetry.proto.common.v1.KeyValue;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class OtlpCodecTest {
  private final OtlpCodec codec = new OtlpCodec(SpanLimits.DEFAULT);

  @Test
  void protobufRoundTripKeepsEveryField() throws Exception {
    List<Span> spans = List.of(SpanFixture.full(), SpanFixture.plain(7, 8, 0, "a", "b"));

    Decoded decoded = codec.decodeProtobuf(OtlpCodec.encode(spans).toByteArray());

    assertThat(decoded.spans()).isEqualTo(spans);
    assertThat(decoded.refused()).isZero();
    assertThat(decoded.trimmed()).isZero();
  }

  @Test
  void writesWithoutMessagesWhatMessagesSay() throws Exception {
    Span zero =
        new Span(
            1,
            2,
            3,
            0,
            "n\u00e4me",
            Span.Kind.UNSPECIFIED,
            0,
            Long.MAX_VALUE,
            Map.of(
                "zero", 0L, "no", false, "less", -1L, "", "", "text", "\u20ac", "none", List.of()),
            List.of(),
            List.of(),
            Span.Status.UNSET,
            "",
            "",
            Map.of("service.name", "x".repeat(5_000)),
            "flotilla");
    List<Span> spans = List.of(SpanFixture.full(), zero, SpanFixture.plain(7, 8, 0, "a", "b"));

    byte[] written = SpanWriter.write(spans);

    assertThat(codec.decodeProtobuf(written).spans())
        .isEqualTo(codec.decodeProtobuf(OtlpCodec.encode(spans).toByteArray()).spans());
    assertThat(ExportTraceServiceRequest.parseFrom(written).getUnknownFields().asMap()).isEmpty();
    assertThat(written).hasSize(OtlpCodec.encode(spans).getSerializedSize());
  }

  @Test
  void jsonRoundTripKeepsEveryField() throws Exception {
    List<Span> spans = List.of(SpanFixture.full(), SpanFixture.plain(7, 8, 0, "a", "b"));

    assertThat(codec.decodeJson(OtlpCodec.encodeJson(spans)).spans()).isEqualTo(spans);
  }

  @Test
  void readsTheSpecificationsJsonExample() throws Exception {
    String json =
        """
        {"resourceSpans":[{"resource":{"attributes":[{"key":"service.name","value":{"stringValue":"my.service"}}]},
        "scopeSpans":[{"scope":{"name":"my.library","version":"1.0.0"},"spans":[{
          "traceId":"5B8EFFF798038103D269B633813FC60C","spanId":"EEE19B7EC3C1B174","parentSpanId":"EEE19B7EC3C1B173",
          "name":"I'm a server span","startTimeUnixNano":"1544712660000000000","endTimeUnixNano":"1544712661000000000",
          "kind":2,"somethingNew":[1],"attributes":[{"key":"my.span.attr","value":{"stringValue":"some value"}},
          {"key":"n","value":{"intValue":"12"}},{"key":"m","value":{"intValue":13}}]}]}]}]}
        """;

    Span span = codec.decodeJson(json.getBytes(UTF_8)).spans().getFirst();

    assertThat(span.traceIdHex()).isEqualTo("5b8efff798038103d269b633813fc60c");
    assertThat(span.kind()).isEqualTo(Span.Kind.SERVER);
    assertThat(span.attributes()).containsEntry("n", 12L).containsEntry("m", 13L);
    assertThat(span.serviceName()).isEqualTo("my.service");
    assertThat(span.endEpochNanos() - span.startEpochNanos()).isEqualTo(1_000_000_000L);
  }

  @Test
  void leavesOutOneBadSpanAndKeepsItsNeighbours() throws Exception {
    Span good = SpanFixture.plain(7, 8, 0, "a", "good");
    Span bad = SpanFixture.plain(7, 0, 0, "a", "bad");

    Decoded decoded = codec.decodeProtobuf(OtlpCodec.encode(List.of(bad, good)).toByteArray());

    assertThat(decoded.spans()).containsExactly(good);
    assertThat(decoded.refused()).isEqualTo(1);
    assertThat(decoded.reason()).contains("'bad'").contains("span id");
  }

  @Test
  void holdsSizesToTheLimits() {
    OtlpCodec strict = new OtlpCodec(new SpanLimits(1, 2, 1, 1, 16, 2));
    io.opentelemetry.proto.trace.v1.Span.Builder wide =
        OtlpCodec.encode(List.of(SpanFixture.full()))
            .getResourceSpans(0)
            .getScopeSpans(0)
            .getSpans(0)
            .toBuilder();
    AnyValue deep = AnyValue.newBuilder().setStringValue("x".repeat(100)).build();
    for (int i = 0; i < 20; i++) {
      deep = AnyValue.newBuilder().setArrayValue(ArrayValue.newBuilder().addValues(deep)).build();
    }
    wide.addAttributes(0, KeyValue.newBuilder().setKey("deep").setValue(deep));
    var request = OtlpCodec.encode(List.of(SpanFixture.full(), SpanFixture.full())).toBuilder();
    request.getResourceSpansBuilder(0).getScopeSpansBuilder(0).setSpans(0, wide);

    Decoded decoded = strict.decode(request.build());

    assertThat(decoded.spans()).hasSize(1);
    assertThat(decoded.spans().getFirst().attributes()).hasSizeLessThanOrEqualTo(2);
    assertThat(decoded.spans().getFirst().name()).hasSize(16);
    assertThat(decoded.refused()).isEqualTo(1);
    assertThat(decoded.trimmed()).isPositive();
  }

  @Test
  void garbageIsRefusedWithOneSentence() {
    assertThatThrownBy(() -> codec.decodeJson("[1".getBytes(UTF_8)))
        .isInstanceOf(MalformedSpansException.class)
        .hasMessageContaining("line 1");
    assertThatThrownBy(() -> codec.decodeJson("[]".getBytes(UTF_8)))
        .hasMessageContaining("resourceSpans");
    assertThatThrownBy(() -> codec.decodeJson("{\"a\":".repeat(100_000).getBytes(UTF_8)))
        .hasMessageContaining("nesting depth");
    assertThatThrownBy(() -> codec.decodeProtobuf("no protobuf".getBytes(UTF_8)))
        .isInstanceOf(MalformedSpansException.class);
  }

  @Test
  void damagedInputNeverThrowsAnythingElse() {
    byte[] protobuf = OtlpCodec.encode(List.of(SpanFixture.full())).toByteArray();
    byte[] json = OtlpCodec.encodeJson(List.of(SpanFixture.full()));
    Random random = new Random(42);
    List<Throwable> surprises = new ArrayList<>();
    for (int i = 0; i < 4_000; i++) {
      byte[] damaged =
          Arrays.copyOf(i % 2 == 0 ? protobuf : json, (i % 2 == 0 ? protobuf : json).length);
      for (int k = 0; k < 4; k++) {
        damaged[random.nextInt(damaged.length)] = (byte) random.nextInt(256);
      }
      try {
        if (i % 2 == 0) {
          codec.decodeProtobuf(damaged);
        } else {
          codec.decodeJson(damaged);
        }
      } catch (MalformedSpansException expected) {
        assertThat(expected.getMessage()).isNotEmpty();
      } catch (RuntimeException e) {
        surprises.add(e);
      }
    }
    assertThat(surprises).isEmpty();
  }
}
