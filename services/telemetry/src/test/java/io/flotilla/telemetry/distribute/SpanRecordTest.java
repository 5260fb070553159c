// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.distribute;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.flotilla.telemetry.api.Span;
import io.flotilla.telemetry.api.otlp.MalformedSpansException;
import io.flotilla.telemetry.api.otlp.OtlpCodec;
import io.flotilla.telemetry.api.otlp.SpanLimits;
import io.flotilla.telemetry.tenant.Tenant;
import io.opentelemetry.proto.collector.trace.v1.ExportTraceServiceRequest;
import java.util.List;
import org.junit.jupiter.api.Test;

class SpanRecordTest {
  private static final OtlpCodec CODEC = new OtlpCodec(SpanLimits.DEFAULT);
  private static final Span SPAN = SpanFixture.span(1, 2);

  @Test
  void carriesTheTenantWhereItIsNotTheSingleOne() throws Exception {
    for (Tenant tenant : List.of(Tenant.SINGLE, new Tenant("team-a"))) {
      SpanBatch batch = new SpanBatch(tenant, List.of(SPAN));

      assertThat(SpanRecord.read(SpanRecord.write(batch), CODEC)).isEqualTo(batch);
    }
  }

  @Test
  void isAnOtlpRequestToOthers() throws Exception {
    byte[] record = SpanRecord.write(new SpanBatch(new Tenant("team-a"), List.of(SPAN)));

    assertThat(ExportTraceServiceRequest.parseFrom(record).getResourceSpansCount()).isEqualTo(1);
  }

  @Test
  void refusesWhatIsNone() {
    assertThatThrownBy(() -> SpanRecord.read(new byte[] {1, 2, 3}, CODEC))
        .isInstanceOf(MalformedSpansException.class);
  }
}
