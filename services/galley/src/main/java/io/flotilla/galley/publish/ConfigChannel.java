// SPDX-License-Identifier: Apache-2.0
package io.flotilla.galley.publish;

import io.smallrye.reactive.messaging.annotations.Broadcast;
import jakarta.enterprise.context.ApplicationScoped;
import org.eclipse.microprofile.reactive.messaging.Channel;
import org.eclipse.microprofile.reactive.messaging.Emitter;
import org.eclipse.microprofile.reactive.messaging.OnOverflow;

/** The channel {@code config-events}: a bean that exists only if something takes its events. */
@ApplicationScoped
public class ConfigChannel {
  private final Emitter<String> emitter;

  public ConfigChannel(
      @Channel("config-events") @Broadcast @OnOverflow(OnOverflow.Strategy.DROP)
          Emitter<String> emitter) {
    this.emitter = emitter;
  }

  void send(String event) {
    emitter.send(event);
  }
}
