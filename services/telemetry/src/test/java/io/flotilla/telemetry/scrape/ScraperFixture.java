// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.scrape;

import io.flotilla.telemetry.ConfigFixture;
import io.flotilla.telemetry.metric.MetricWindow;
import io.micrometer.core.instrument.simple.SimpleMeterRegistry;
import io.quarkus.runtime.ShutdownEvent;
import io.quarkus.runtime.StartupEvent;
import java.nio.file.Path;
import java.util.Map;

/** A scraper outside of Quarkus, once a second. */
public final class ScraperFixture implements AutoCloseable {
  private final Scraper scraper;

  public ScraperFixture(Path targets, MetricWindow window) {
    scraper =
        new Scraper(
            ConfigFixture.of(
                Map.of(
                    "flotilla.telemetry.scrape.file",
                    targets.toString(),
                    "flotilla.telemetry.scrape.interval",
                    "1s")),
            window,
            new SimpleMeterRegistry());
    scraper.start(new StartupEvent());
  }

  /** The scraper, at work. */
  public Scraper scraper() {
    return scraper;
  }

  @Override
  public void close() {
    scraper.stop(new ShutdownEvent());
  }
}
