// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.store;

import io.flotilla.telemetry.TelemetryConfig;
import io.flotilla.telemetry.store.block.BlockStoreBounds;
import io.flotilla.telemetry.store.block.BlockTraceStore;
import io.flotilla.telemetry.tenant.Tenant;
import io.micrometer.core.instrument.FunctionCounter;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import jakarta.annotation.Priority;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import jakarta.interceptor.Interceptor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.ToLongFunction;
import java.util.stream.Stream;

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
    FunctionCounter.builder("flotilla_telemetry_store_failures", this, TraceStores::failures)
        .register(metrics);
    Gauge.builder("flotilla_telemetry_store_tenants", byTenant, ConcurrentHashMap::size)
        .register(metrics);
  }

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
    return switch (config.kind()) {
      case MEMORY ->
          new MemoryTraceStore(config.maxSpans(), config.maxBytes(), config.maxSpansOfTrace());
      case BLOCKS -> new BlockTraceStore(folder().resolve(tenant.name()), bounds());
    };
  }

  private Path folder() {
    return config
        .blocks()
        .dir()
        .orElseThrow(
            () ->
                new IllegalArgumentException(
                    "traces in blocks need a folder: set flotilla.telemetry.store.blocks.dir"));
  }

  private BlockStoreBounds bounds() {
    // Two heads may be in memory at once: the one that fills and the one that is being written.
    return new BlockStoreBounds(
        Math.max(1, config.maxSpans() / 2),
        Math.max(1, config.maxBytes() / 2),
        config.blocks().cutAfter(),
        config.maxSpansOfTrace(),
        config.blocks().maxAge(),
        config.blocks().maxBytes());
  }

  private double failures() {
    return byTenant.values().stream()
        .mapToLong(store -> store instanceof BlockTraceStore blocks ? blocks.failures() : 0)
        .sum();
  }

  /** Opens what tenants left on the disk; a folder that cannot be opened stops the start. */
  void open(@Observes StartupEvent started) throws IOException {
    if (config.kind() == TelemetryConfig.Store.Kind.BLOCKS) {
      Files.createDirectories(folder());
      try (Stream<Path> folders = Files.list(folder())) {
        folders
            .filter(Files::isDirectory)
            .forEach(tenant -> of(new Tenant(tenant.getFileName().toString())));
      }
    }
  }

  void close(@Observes @Priority(Interceptor.Priority.PLATFORM_AFTER) ShutdownEvent stopping) {
    for (TraceStore store : byTenant.values()) {
      if (store instanceof BlockTraceStore blocks) {
        blocks.close();
      }
    }
  }
}
