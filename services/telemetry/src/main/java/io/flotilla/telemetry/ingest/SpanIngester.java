// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.ingest;

import io.flotilla.telemetry.distribute.SpanBatch;
import io.flotilla.telemetry.store.TraceStore;
import io.micrometer.core.instrument.MeterRegistry;
import io.smallrye.reactive.messaging.annotations.Blocking;
import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.reactive.messaging.Incoming;

/** Stores what arrives on the channel "spans". */
@ApplicationScoped
public class SpanIngester {
  private final TraceStore store;
  private final MeterRegistry metrics;

  SpanIngester(TraceStore store, MeterRegistry metrics) {
    this.store = store;
    this.metrics = metrics;
  }

  @Incoming("spans")
  @Blocking
  void ingest(SpanBatch batch) {
    int refused = store.add(batch.spans());
    metrics.counter("flotilla_telemetry_spans_stored").increment(batch.spans().size() - refused);
    if (refused > 0) {
      metrics
          .counter(
              "flotilla_telemetry_spans_refused", "receiver", "store", "reason", "trace-too-long")
          .increment(refused);
    }
  }
}
