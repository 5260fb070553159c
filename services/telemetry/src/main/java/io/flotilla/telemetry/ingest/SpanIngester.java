// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.ingest;

import io.flotilla.telemetry.api.Span;
import io.flotilla.telemetry.api.otlp.MalformedSpansException;
import io.flotilla.telemetry.api.otlp.OtlpCodec;
import io.flotilla.telemetry.distribute.SpanBatch;
import io.flotilla.telemetry.distribute.SpanRecord;
import io.flotilla.telemetry.export.SpanExport;
import io.flotilla.telemetry.sampling.AdaptiveSampling;
import io.flotilla.telemetry.store.TraceStores;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.reactive.messaging.annotations.Blocking;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import org.eclipse.microprofile.reactive.messaging.Incoming;
import org.jboss.logging.Logger;

/** Stores what arrives on the channel "spans". */
@ApplicationScoped
public class SpanIngester {
  private static final Logger LOG = Logger.getLogger(SpanIngester.class);

  private final TraceStores stores;
  private final AdaptiveSampling sampling;
  private final SpanExport export;
  private final OtlpCodec codec;
  private final MeterRegistry metrics;

  SpanIngester(
      TraceStores stores,
      AdaptiveSampling sampling,
      SpanExport export,
      OtlpCodec codec,
      MeterRegistry metrics) {
    this.stores = stores;
    this.sampling = sampling;
    this.export = export;
    this.codec = codec;
    this.metrics = metrics;
  }

  @Incoming("spans")
  @Blocking
  void ingest(SpanBatch batch) {
    store(batch);
  }

  /** The same over Kafka: an OTLP request in protobuf, as {@code KafkaSpanQueue} writes it. */
  @Incoming("spans-from-log")
  @Blocking
  void ingestRecord(byte[] record) {
    try {
      store(SpanRecord.read(record, codec));
    } catch (MalformedSpansException e) {
      metrics
          .counter(
              "flotilla_telemetry_requests_refused", "receiver", "kafka", "reason", "malformed")
          .increment();
      LOG.warnf("a record of the topic spans is left out: %s", e.getMessage());
    }
  }

  private void store(SpanBatch batch) {
    List<Span> spans = batch.spans();
    sampling.saw(spans);
    int refused = stores.of(batch.tenant()).add(spans);
    export.export(spans);
    metrics.counter("flotilla_telemetry_spans_stored").increment(spans.size() - refused);
    if (refused > 0) {
      metrics
          .counter(
              "flotilla_telemetry_spans_refused", "receiver", "store", "reason", "trace-too-long")
          .increment(refused);
    }
  }
}
