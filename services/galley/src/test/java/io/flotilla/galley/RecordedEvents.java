// SPDX-License-Identifier: Apache-2.0
package io.flotilla.galley;

import io.flotilla.shell.MeshEvent;
import jakarta.enterprise.context.ApplicationScoped;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import org.eclipse.microprofile.reactive.messaging.Channel;
import org.eclipse.microprofile.reactive.messaging.Emitter;
import org.eclipse.microprofile.reactive.messaging.Incoming;

/** Takes the events that Galley sends and sends those that Pilot would. */
@ApplicationScoped
public class RecordedEvents {
  private final List<MeshEvent> events = new CopyOnWriteArrayList<>();
  private final Emitter<String> proxies;

  public RecordedEvents(@Channel("proxy-events") Emitter<String> proxies) {
    this.proxies = proxies;
  }

  @Incoming("config-events")
  void take(String payload) {
    events.add(MeshEvent.fromJson(payload));
  }

  List<MeshEvent> all() {
    return events;
  }

  void fromPilot(MeshEvent event) {
    proxies.send(event.toJson());
  }
}
