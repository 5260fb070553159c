// SPDX-License-Identifier: Apache-2.0
package io.flotilla.shell;

import io.smallrye.reactive.messaging.health.HealthReport;
import io.smallrye.reactive.messaging.providers.extension.HealthCenter;
import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.health.HealthCheck;
import org.eclipse.microprofile.health.HealthCheckResponse;
import org.eclipse.microprofile.health.HealthCheckResponseBuilder;
import org.eclipse.microprofile.health.Readiness;

/**
 * Tells which channels have no broker at the moment. It is always up: events are facts for those
 * who want to know, and the mesh serves without them.
 */
@Readiness
@ApplicationScoped
public class EventChannelHealth implements HealthCheck {
  private final HealthCenter channels;

  EventChannelHealth(HealthCenter channels) {
    this.channels = channels;
  }

  @Override
  public HealthCheckResponse call() {
    HealthCheckResponseBuilder answer = HealthCheckResponse.named("event channels");
    for (HealthReport.ChannelInfo channel : channels.getReadiness().getChannels()) {
      if (!channel.isOk()) {
        answer.withData(
            channel.getChannel(), "the broker is away; events wait until it is back, nothing else");
      }
    }
    return answer.up().build();
  }
}
