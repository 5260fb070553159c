// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry.metric;

import io.flotilla.telemetry.TelemetryConfig;
import jakarta.enterprise.context.Dependent;
import jakarta.enterprise.inject.Produces;
import jakarta.inject.Singleton;

/** Makes the window as large as the configuration says. */
@Dependent
class MetricWindowProducer {

  @Produces
  @Singleton
  MetricWindow window(TelemetryConfig config) {
    return new MetricWindow(
        config.scrape().window(), config.scrape().interval(), config.scrape().maxSeries());
  }
}
