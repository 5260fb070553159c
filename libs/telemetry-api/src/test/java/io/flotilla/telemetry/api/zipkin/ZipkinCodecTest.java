// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.api.zipkin;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.telemetry.api.Span;
import io.flotilla.telemetry.api.otlp.Decoded;
import io.flotilla.telemetry.api.otlp.MalformedSpansException;
import io.flotilla.telemetry.api.otlp.SpanLimits;
import org.junit.jupiter.api.Test;

class ZipkinCodecTest {
  private final ZipkinCodec codec = new ZipkinCodec(SpanLimits.DEFAULT);

  @Test
  void readsAClientAndTheServerThatSharesItsId() throws Exception {
    String json =
        """
        [{"traceId":"86154a4ba6e91385","id":"4d1e00c0db9010db","parentId":"86154a4ba6e91385","name":"get",
          "kind":"CLIENT","timestamp":1472470996199000,"duration":207000,"localEndpoint":{"serviceName":"frontend"},
          "remoteEndpoint":{"serviceName":"backend","ipv4":"192.168.99.101","port":9000},
          "annotations":[{"timestamp":1472470996238000,"value":"foo"}],"tags":{"http.path":"/api","error":"boom"}},
         {"traceId":"86154a4ba6e91385","id":"4d1e00c0db9010db","parentId":"86154a4ba6e91385","name":"get",
          "kind":"SERVER","timestamp":1472470996250000,"duration":100000,"localEndpoint":{"serviceName":"backend"},"shared":true}]
        """;

    Decoded decoded = codec.decode(json.getBytes(UTF_8));

    Span client = decoded.spans().get(0);
    Span server = decoded.spans().get(1);
    assertThat(client.serviceName()).isEqualTo("frontend");
    assertThat(client.attributes())
        .containsEntry("peer.service", "backend")
        .containsEntry("network.peer.port", 9000L);
    assertThat(client.status()).isEqualTo(Span.Status.ERROR);
    assertThat(client.endEpochNanos() - client.startEpochNanos()).isEqualTo(207_000_000L);
    assertThat(server.parentSpanId()).isEqualTo(client.spanId());
    assertThat(server.spanId()).isNotEqualTo(client.spanId());
  }

  @Test
  void leavesOutASpanWithoutATraceId() throws Exception {
    Decoded decoded =
        codec.decode("[{\"id\":\"1\"},{\"traceId\":\"1\",\"id\":\"2\"}]".getBytes(UTF_8));

    assertThat(decoded.spans()).hasSize(1);
    assertThat(decoded.refused()).isEqualTo(1);
  }

  @Test
  void refusesWhatIsNoList() {
    assertThatThrownBy(() -> codec.decode("{}".getBytes(UTF_8)))
        .isInstanceOf(MalformedSpansException.class)
        .hasMessageContaining("JSON array");
  }
}
