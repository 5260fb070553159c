// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.store;

import io.flotilla.telemetry.TelemetryConfig;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import jakarta.enterprise.context.Dependent;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

/** Makes the store that the configuration asks for, with its gauges. */
@Dependent
class TraceStoreProducer {

  @Produces
  @Singleton
  TraceStore store(TelemetryConfig config, MeterRegistry metrics) {
    TraceStore store =
        new MemoryTraceStore(
            config.store().maxSpans(), config.store().maxBytes(), config.store().maxSpansOfTrace());
    Gauge.builder("flotilla_telemetry_store_traces", store, s -> s.usage().traces())
        .register(metrics);
    Gauge.builder("flotilla_telemetry_store_spans", store, s -> s.usage().spans())
        .register(metrics);
    Gauge.builder("flotilla_telemetry_store_bytes", store, s -> s.usage().bytes())
        .register(metrics);
    FunctionCounter.builder(
            "flotilla_telemetry_store_evicted_traces", store, s -> s.usage().evictedTraces())
        .register(metrics);
    return store;
  }
}
