// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.store;

import io.flotilla.telemetry.TelemetryConfig;
import io.flotilla.telemetry.tenant.Tenant;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ToLongFunction;

/** One store a tenant, of the kind that the configuration asks for, with gauges over all. */
@ApplicationScoped
public class TraceStores {
  private final TelemetryConfig.Store config;
  private final int maxTenants;
  private final ConcurrentHashMap<Tenant, TraceStore> byTenant = new ConcurrentHashMap<>();
  private final TraceStore nothing = new MemoryTraceStore(1, 1, 1);

  TraceStores(TelemetryConfig config, MeterRegistry metrics) {
    this.config = config.store();
    this.maxTenants = config.tenants().max();
    gauge("flotilla_telemetry_store_traces", TraceStore.Usage::traces, metrics);
    gauge("flotilla_telemetry_store_spans", TraceStore.Usage::spans, metrics);
    gauge("flotilla_telemetry_store_bytes", TraceStore.Usage::bytes, metrics);
    FunctionCounter.builder(
            "flotilla_telemetry_store_evicted_traces",
            this,
            s -> s.sum(TraceStore.Usage::evictedTraces))
        .register(metrics);
    Gauge.builder("flotilla_telemetry_store_tenants", byTenant, ConcurrentHashMap::size)
        .register(metrics);
  }

  /** Makes the gauges known before the first span arrives. */
  void appear(@Observes StartupEvent started) {}

  private void gauge(String name, ToLongFunction<TraceStore.Usage> figure, MeterRegistry metrics) {
    Gauge.builder(name, this, s -> s.sum(figure)).register(metrics);
  }

  private long sum(ToLongFunction<TraceStore.Usage> figure) {
    return byTenant.values().stream().mapToLong(s -> figure.applyAsLong(s.usage())).sum();
  }

  /** Whether there is a store for the tenant, or may be. */
  public boolean mayKeep(Tenant tenant) {
    return byTenant.containsKey(tenant) || byTenant.size() < maxTenants;
  }

  /** The tenant's store, made when it is asked for first. */
  public TraceStore of(Tenant tenant) {
    return byTenant.computeIfAbsent(tenant, this::open);
  }

  /** The tenant's store, or an empty one for a tenant that never sent anything. */
  public TraceStore reading(Tenant tenant) {
    return byTenant.getOrDefault(tenant, nothing);
  }

  private TraceStore open(Tenant tenant) {
    return new MemoryTraceStore(config.maxSpans(), config.maxBytes(), config.maxSpansOfTrace());
  }
}
