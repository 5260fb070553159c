// SPDX-License-Identifier: Apache-2.0
package io.flotilla.galley.serve;

import io.flotilla.galley.Galley;
import io.flotilla.galley.publish.ConfigEvents;
import io.micrometer.core.instrument.Gauge;
import io.micrometer.core.instrument.MeterRegistry;
import io.quarkus.runtime.StartupEvent;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.event.Observes;
import java.util.function.Supplier;

/** Galley's metrics. */
@ApplicationScoped
public class GalleyMetrics {
  private final Galley galley;
  private final ConfigEvents events;
  private final MeterRegistry registry;

  public GalleyMetrics(Galley galley, ConfigEvents events, MeterRegistry registry) {
    this.galley = galley;
    this.events = events;
    this.registry = registry;
  }

  void register(@Observes StartupEvent started) {
    gauge("revision", "The revision in force", () -> galley.current().revision());
    gauge("objects", "Objects in force", () -> galley.current().objects().size());
    gauge("rejections", "Documents refused", () -> galley.current().rejections().size());
    gauge("findings", "Findings on the configuration", () -> galley.current().findings().size());
    gauge("troubles", "What hinders the service", () -> galley.troubles().size());
    gauge("mcp_streams", "Streams of MCP", galley::streams);
    gauge("events_dropped", "Events that no consumer took", events::dropped);
  }

  private void gauge(String name, String description, Supplier<Number> value) {
    Gauge.builder("flotilla_galley_" + name, value).description(description).register(registry);
  }
}
