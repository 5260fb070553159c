// SPDX-License-Identifier: Apache-2.0
package io.flotilla.telemetry;

import io.smallrye.config.SmallRyeConfigBuilder;
import java.util.Map;

/** Telemetry's configuration outside of Quarkus. */
public final class ConfigFixture {
  private ConfigFixture() {}

  /** The defaults, and these settings. */
  public static TelemetryConfig of(Map<String, String> settings) {
    return new SmallRyeConfigBuilder()
        .addDefaultInterceptors()
        .addDiscoveredConverters()
        .withMapping(TelemetryConfig.class)
        .withDefaultValues(settings)
        .build()
        .getConfigMapping(TelemetryConfig.class);
  }
}
