// SPDX-License-Identifier: Apache-2.0
package io.flotilla.galley.publish;

import io.flotilla.shell.MeshEvent;
import io.smallrye.common.annotation.Identifier;
import io.smallrye.reactive.messaging.annotations.Broadcast;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import java.util.Map;
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

  @Produces
  @Identifier("config-events")
  static Map<String, Object> onKafka() {
    return MeshEvent.ON_KAFKA;
  }

  void send(String event) {
    emitter.send(event);
  }
}
