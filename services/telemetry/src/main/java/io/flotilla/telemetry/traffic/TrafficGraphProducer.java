// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.traffic;

import io.flotilla.telemetry.TelemetryConfig;
import io.flotilla.telemetry.metric.MetricWindow;
import io.flotilla.telemetry.scrape.Scraper;
import jakarta.enterprise.context.Dependent;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

/** The graph over Prometheus where one is configured, else over the window. */
@Dependent
class TrafficGraphProducer {

  @Produces
  @Singleton
  TrafficGraph graph(TelemetryConfig config, MetricWindow window, Scraper scraper) {
    MetricQueries queries =
        config
            .prometheus()
            .url()
            .filter(url -> !url.isBlank())
            .<MetricQueries>map(
                url -> new PrometheusQueries(url.strip(), config.prometheus().timeout()))
            .orElseGet(() -> new WindowQueries(window, scraper));
    return new TrafficGraph(queries);
  }
}
