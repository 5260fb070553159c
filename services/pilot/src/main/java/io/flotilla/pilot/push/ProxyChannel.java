// SPDX-License-Identifier: Apache-2.0
package io.flotilla.pilot.push;

import io.flotilla.shell.MeshEvent;
import io.smallrye.common.annotation.Identifier;
import io.smallrye.reactive.messaging.annotations.Broadcast;
import jakarta.enterprise.context.ApplicationScoped;
import jakarta.enterprise.inject.Produces;
import java.util.Map;
import org.eclipse.microprofile.reactive.messaging.Channel;
import org.eclipse.microprofile.reactive.messaging.Emitter;
import org.eclipse.microprofile.reactive.messaging.OnOverflow;

/** The channel {@code proxy-events}: a bean that exists only if something takes its events. */
@ApplicationScoped
public class ProxyChannel {
  private final Emitter<String> emitter;

  public ProxyChannel(
      @Channel("proxy-events") @Broadcast @OnOverflow(OnOverflow.Strategy.DROP)
          Emitter<String> emitter) {
    this.emitter = emitter;
  }

  @Produces
  @Identifier("proxy-events")
  static Map<String, Object> onKafka() {
    return MeshEvent.ON_KAFKA;
  }

  void send(String event) {
    emitter.send(event);
  }
}
