// SPDX-License-Identifier: Apache-2.0
package io.flotilla.pilot.push;

import io.micrometer.core.instrument.Counter;
import io.micrometer.core.instrument.DistributionSummary;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import java.time.Duration;
import java.util.function.Supplier;

/** Istio's metrics of discovery, as far as they are about proxies. */
public final class PushMetrics {
  private final MeterRegistry registry;
  private final DistributionSummary convergence;

  public PushMetrics(MeterRegistry registry) {
    this.registry = registry;
    this.convergence =
        DistributionSummary.builder("pilot_proxy_convergence_time")
            .description("Seconds from a change to the acknowledgement of a proxy that it concerns")
            .publishPercentiles(0.5, 0.99)
            .register(registry);
  }

  /** Watches a number. */
  public void gauge(String name, String description, Supplier<Number> value) {
    Gauge.builder(name, value).description(description).strongReference(true).register(registry);
  }

  void pushed(String typeUrl) {
    Counter.builder("pilot_xds_pushes")
        .description("Responses with resources, by type")
        .tag("type", type(typeUrl))
        .register(registry)
        .increment();
  }

  void refused(String typeUrl) {
    Counter.builder("pilot_total_xds_rejects")
        .description("Resources that proxies refused")
        .tag("type", type(typeUrl))
        .register(registry)
        .increment();
  }

  void converged(Duration took) {
    convergence.record(took.toNanos() / 1e9);
  }

  /** Istio's short word of a type. */
  static String type(String typeUrl) {
    return switch (typeUrl.substring(typeUrl.lastIndexOf('.') + 1)) {
      case "Cluster" -> "cds";
      case "ClusterLoadAssignment" -> "eds";
      case "Listener" -> "lds";
      case "RouteConfiguration" -> "rds";
      case "Secret" -> "sds";
      default -> "other";
    };
  }
}
